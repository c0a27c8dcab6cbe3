import { parentPort } from 'node:worker_threads';
import { sealAtOnce } from '../../services/matching-engine/press.ts';
import { giveWay } from '../threads/give-way.ts';
import { ownMemory, type PressOrder, type PressReply } from './messages.ts';

// The thread that writes snapshots down.

const port = parentPort;
if (port === null) throw new Error('snapshots are pressed in a worker thread');

giveWay();
port.on('message', ({ id, head, image }: PressOrder) => {
  const sealed = sealAtOnce(head, image);
  port.postMessage({ id, sealed } satisfies PressReply, ownMemory([sealed]));
});
