import cliProgress from 'cli-progress';

export interface ProgressBar {
  update(done: number): void;
  stop(): void;
}

/** A progress bar on a terminal's standard error; nothing anywhere else, so that logs and pipes stay clean. */
export function progressBar(what: string, total: number): ProgressBar {
  if (!process.stderr.isTTY) return { update() {}, stop() {} };
  const format = `${what} {bar} {percentage}% | {value}/{total} | {eta_formatted} left`;
  const bar = new cliProgress.SingleBar({ format, stream: process.stderr, hideCursor: true }, cliProgress.Presets.rect);
  bar.start(total, 0);
  return { update: (done) => bar.update(done), stop: () => bar.stop() };
}
