/**
 * One press of Ctrl-C reaches the exchange up to three times within milliseconds: from the terminal, which tells every process
 * in front, from npm, and from the program that runs Node 24. Signals that come so close together are one.
 */
const ONE_PRESS_MS = 1_000;

/** What an operator, a service manager or a terminal that is closed sends, and the exit code when it is sent twice. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

type StopSignal = keyof typeof SIGNALS;

export interface SignalSource {
  on(signal: StopSignal, listener: (signal: StopSignal) => void): unknown;
}

/**
 * Resolves at the first stop signal. One that comes more than a second later is from somebody who does not want to wait: `end` is
 * called with the exit code (the log survives that, as any crash).
 * @param now milliseconds of a clock that does not go back
 */
export function stopSignal(source: SignalSource, now: () => number, end: (code: number) => void): Promise<void> {
  return new Promise((resolve) => {
    let askedAt: number | undefined;
    const stop = (signal: StopSignal) => {
      if (askedAt === undefined) {
        askedAt = now();
        resolve();
      } else if (now() - askedAt > ONE_PRESS_MS) end(SIGNALS[signal]);
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) source.on(signal, stop);
  });
}
