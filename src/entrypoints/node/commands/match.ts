import { once } from 'node:events';
import { lines } from '../../../flow/lines.ts';
import { LineMatcher } from '../../../matching/engine/match-lines.ts';
import { type Command, textOf } from './command.ts';
import { createBook } from './create-book.ts';
import { readSnapshots, writeSnapshots } from './match-snapshot.ts';

/** Longest line that may be a record. */
const MAX_LINE = 1 << 20;

export const command: Command = {
  name: 'match',
  summary: 'run only the matching engine: order records in, events out',
  usage: '[--snapshot-in FILE] [--snapshot-out FILE] [--hash] < orders.jsonl > events.jsonl',
  about: [
    'Reads order records (one JSON object a line, as in the orders stream) from standard input and writes the events they cause to ' +
      'standard output, one a line. The same records always give the same bytes. A symbol that no SET_INSTRUMENT has defined trades ' +
      'without limits.',
    'A line that is no record is named on standard error with its number and changes nothing; the exit code is then 1.',
  ],
  options: {
    'snapshot-in': { type: 'string', shape: 'FILE', help: 'Start from the state that --snapshot-out wrote' },
    'snapshot-out': { type: 'string', shape: 'FILE', help: 'Write the state at the end' },
    hash: { type: 'boolean', help: 'Print the state hash of every symbol on standard error at the end' },
  },
  examples: [
    `echo '{"action":"ADD","symbol":"TEST","order_id":"o1","user_id":"u1","is_buy":true,"price":150,"quantity":10}' | supernoba match`,
    'supernoba match --snapshot-out state.bin < morning.jsonl > morning.events.jsonl',
    'supernoba match --snapshot-in state.bin --hash < afternoon.jsonl > afternoon.events.jsonl',
  ],
  async run(values) {
    let bad = 0;
    const matcher = new LineMatcher({ createBook }, ({ line, reason }) => {
      bad += 1;
      process.stderr.write(`line ${line}: ${reason}\n`);
    });
    const from = textOf(values, 'snapshot-in');
    if (from !== undefined) readSnapshots(from, matcher.shard);
    for await (const batch of lines(process.stdin.setEncoding('utf8'), MAX_LINE)) {
      const events = batch.map((line) => matcher.match(line)).join('');
      if (events !== '' && !process.stdout.write(events)) await once(process.stdout, 'drain');
    }
    const to = textOf(values, 'snapshot-out');
    if (to !== undefined) writeSnapshots(to, matcher.shard);
    if (values.hash === true) {
      for (const symbol of matcher.shard.symbols()) {
        process.stderr.write(`${symbol} ${matcher.shard.stateHash(symbol)}\n`);
      }
    }
    if (bad > 0) process.stderr.write(`${bad} ${bad === 1 ? 'line was' : 'lines were'} no record\n`);
    return bad > 0 ? 1 : 0;
  },
};
