import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { EngineShard } from '../../../matching/engine/shard.ts';
import { CommandError } from './command.ts';

/**
 * A file of engine snapshots, one symbol after the other: "SNBM", version, number of symbols, then for each the length of its
 * name, its name, the length of its snapshot (which carries its own checksum), its snapshot. Numbers are uint32, little-endian.
 */
const MAGIC = Buffer.from('SNBM');
const VERSION = 1;

export function writeSnapshots(path: string, shard: EngineShard): void {
  const parts = [MAGIC, uint32(VERSION), uint32(shard.symbols().length)];
  for (const symbol of shard.symbols()) {
    const snapshot = shard.snapshot(symbol);
    if (snapshot === undefined) throw new Error(`${symbol} has no snapshot`);
    parts.push(uint32(symbol.length), Buffer.from(symbol), uint32(snapshot.length), Buffer.from(snapshot));
  }
  writeFileSync(`${path}.tmp`, Buffer.concat(parts), { flush: true });
  renameSync(`${path}.tmp`, path);
}

/** Restores every symbol of the file; a file that is damaged anywhere is refused. */
export function readSnapshots(path: string, shard: EngineShard): void {
  const bytes = readFileSync(path);
  let at = 0;
  const take = (length: number): Buffer => {
    if (at + length > bytes.length) throw new CommandError(`${path} is cut short`);
    at += length;
    return bytes.subarray(at - length, at);
  };
  const number = () => take(4).readUInt32LE();
  if (!take(4).equals(MAGIC)) throw new CommandError(`${path} is no snapshot of the matching engine`);
  const version = number();
  if (version !== VERSION) throw new CommandError(`${path} has the unknown version ${version}`);
  for (let count = number(); count > 0; count -= 1) {
    const symbol = take(number()).toString();
    try {
      shard.restore(symbol, take(number()));
    } catch (error) {
      throw new CommandError(`${path}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  if (at !== bytes.length) throw new CommandError(`${path} is longer than it says`);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
