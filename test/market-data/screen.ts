import type { Outlet } from '../../src/services/streamer/client.ts';
import type { Streamer } from '../../src/services/streamer/streamer.ts';

export type Message = Record<string, unknown>;

/** A logged-in screen of one symbol on a streamer; what it gets is kept, in order. */
export class Screen implements Outlet {
  readonly congested = false;
  readonly messages: Message[] = [];

  static async open(streamer: Streamer, symbol: string): Promise<Screen> {
    const screen = new Screen();
    const client = streamer.join(screen, 'realtime');
    await streamer.prepare([symbol]);
    screen.send(Buffer.concat(streamer.watch(client, { main: symbol, full: [], sub: [] })));
    streamer.unprepare([symbol]);
    return screen;
  }

  send(frames: Buffer): boolean {
    for (let at = 0; at < frames.length; ) {
      const long = frames[at + 1] === 126;
      const length = long ? frames.readUInt16BE(at + 2) : frames[at + 1]!;
      const start = at + (long ? 4 : 2);
      this.messages.push(JSON.parse(frames.toString('utf8', start, start + length)) as Message);
      at = start + length;
    }
    return true;
  }

  of(kind: string): Message[] {
    return this.messages.filter(({ e }) => e === kind);
  }
}
