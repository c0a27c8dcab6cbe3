import { syncBuiltinESMExports } from 'node:module';
import zlib, { type ZlibOptions } from 'node:zlib';

// Real compression runs in threads, which no virtual clock waits for. In the simulator it is done at once: the same bytes, and
// the same order of things every time. Imported before the services, which take hold of gzip and gunzip when they are loaded.

type Done = (error: Error | null, result: Buffer) => void;
type Bytes = Parameters<typeof zlib.gzipSync>[0];

function atOnce(work: (bytes: Bytes, options?: ZlibOptions) => Buffer) {
  return (bytes: Bytes, optionsOrDone: ZlibOptions | Done, done?: Done) => {
    if (typeof optionsOrDone === 'function') answer(() => work(bytes), optionsOrDone);
    else if (done !== undefined) answer(() => work(bytes, optionsOrDone), done);
  };
}

function answer(work: () => Buffer, done: Done): void {
  let result: Buffer;
  try {
    result = work();
  } catch (error) {
    done(error instanceof Error ? error : new Error(String(error)), Buffer.alloc(0));
    return;
  }
  done(null, result);
}

Object.assign(zlib, { gzip: atOnce(zlib.gzipSync), gunzip: atOnce(zlib.gunzipSync) });
syncBuiltinESMExports();
