import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type WebSocket, WebSocketServer } from 'ws';
import type { PrivateMessage } from '../../src/domain/messages.ts';
import { StreamClient, type StreamOptions } from './stream.ts';

/** A WebSocket server that says what the test lets it say; the real exchange's side is proved by its own suites. */
let server: WebSocketServer;
let url: string;
let sessions: { socket: WebSocket; heard: { action: string; from?: number; main?: string }[] }[] = [];

before(async () => {
  server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await new Promise((done) => server.once('listening', done));
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  url = `http://127.0.0.1:${address.port}`;
  server.on('connection', (socket) => {
    const session: (typeof sessions)[number] = { socket, heard: [] };
    sessions.push(session);
    socket.on('message', (data) => session.heard.push(JSON.parse(String(data))));
  });
});

after(() => {
  for (const socket of server.clients) socket.terminate();
  server.close();
});

function status(useq: number): PrivateMessage {
  return {
    type: 'ORDER_STATUS',
    data: {
      order_id: `ord_${useq}`,
      client_order_id: null,
      symbol: 'TEST',
      side: 'BUY',
      status: 'ACCEPTED',
      filled_qty: 0,
      remaining_qty: 1,
      seq: useq,
      useq,
    },
  };
}

async function until(right: () => boolean): Promise<void> {
  const end = performance.now() + 60_000;
  while (!right()) {
    assert.ok(performance.now() < end, `not in time: ${right}`);
    await new Promise((done) => setTimeout(done, 5));
  }
}

/** A client with what it delivered, and the server's side of its newest session. */
async function connect(options: Partial<StreamOptions> = {}) {
  sessions = [];
  const useqs: number[] = [];
  const gaps: [number, number][] = [];
  const client = new StreamClient({
    url,
    credentials: { testUserId: 'u1' },
    onPrivate: ({ data }) => useqs.push(data.useq),
    onGap: (from, to) => gaps.push([from, to]),
    ...options,
  });
  client.subscribe({ main: 'TEST' });
  client.open();
  await until(() => client.state === 'open' && sessions.length === 1);
  return { client, useqs, gaps, say: (useq: number) => sessions.at(-1)?.socket.send(JSON.stringify(status(useq))) };
}

test('a gap is noticed, asked for once, and everything is delivered in order and once', async () => {
  const { client, useqs, gaps, say } = await connect();
  for (const useq of [5, 6, 9, 10]) say(useq);
  await until(() => gaps.length === 1);
  await until(() => sessions[0]?.heard.some(({ action }) => action === 'resume') === true);
  assert.deepEqual(gaps, [[7, 8]]);
  for (const useq of [7, 8, 9, 10, 11]) say(useq);
  await until(() => useqs.length === 7);
  assert.deepEqual(useqs, [5, 6, 7, 8, 9, 10, 11]);
  assert.deepEqual(
    sessions[0]?.heard.filter(({ action }) => action === 'resume').map(({ from }) => from),
    [7],
  );
  client.close();
});

test('after a lost connection it comes back, subscribes again and resumes where it was', async () => {
  const { client, useqs, say } = await connect();
  for (const useq of [1, 2, 3]) say(useq);
  await until(() => useqs.length === 3);
  sessions[0]?.socket.terminate();
  await until(() => sessions.length === 2 && client.state === 'open');
  await until(() => sessions[1]?.heard.some(({ action }) => action === 'resume') === true);
  const { heard = [] } = sessions[1] ?? {};
  assert.equal(heard.find(({ action }) => action === 'subscribe')?.main, 'TEST');
  assert.equal(heard.find(({ action }) => action === 'resume')?.from, 4);
  for (const useq of [3, 4]) say(useq);
  await until(() => useqs.length === 4);
  assert.deepEqual(useqs, [1, 2, 3, 4]);
  client.close();
});

test('a connection from which nothing comes is given up and opened again', async () => {
  const { client } = await connect({ pingEveryMs: 50 });
  await until(() => client.silentMs > 60);
  await until(() => sessions.length === 2);
  client.close();
});

test('when missed messages are no longer kept it goes on with what comes', async () => {
  const { client, useqs, say } = await connect();
  say(1);
  say(4);
  await until(() => sessions[0]?.heard.some(({ action }) => action === 'resume') === true);
  sessions[0]?.socket.send(JSON.stringify({ type: 'ERROR', code: 'EVENTS_GONE', error: 'gone' }));
  say(9);
  await until(() => useqs.length === 2);
  assert.deepEqual(useqs, [1, 9]);
  client.close();
});

test('of an exchange that was begun anew it takes the numbers', async () => {
  let lost = 0;
  const { client, useqs, say } = await connect({
    resumeFrom: 900,
    onLost: () => {
      lost += 1;
    },
  });
  await until(() => sessions[0]?.heard.some(({ action }) => action === 'resume') === true);
  sessions[0]?.socket.send(JSON.stringify({ type: 'RESUMED', from: 900, next: 7 }));
  say(7);
  say(8);
  await until(() => useqs.length === 2);
  assert.deepEqual([useqs, lost, client.nextUseq], [[7, 8], 1, 9]);
  client.close();
});

test('closed by its user it stays closed', async () => {
  const { client } = await connect();
  client.close();
  await new Promise((done) => setTimeout(done, 400));
  assert.equal(sessions.length, 1);
  assert.equal(client.state, 'closed');
});

test('what a session is to have it is told at every connect: grace, stamp, subscription, where to resume', async () => {
  const { client, useqs, say } = await connect({ resumeFrom: 7, cancelOnDisconnectMs: 500, stamp: true });
  const asked = () =>
    sessions.at(-1)?.heard.map(({ action, from }) => (from === undefined ? action : `${action} ${from}`));
  await until(() => sessions[0]?.heard.some(({ action }) => action === 'ping') === true);
  assert.deepEqual(asked(), ['cancel_on_disconnect', 'stamp', 'subscribe', 'resume 7', 'ping']);
  say(7);
  await until(() => useqs.length === 1);
  assert.equal(client.nextUseq, 8);
  sessions[0]?.socket.terminate();
  await until(() => sessions.length === 2 && sessions[1]?.heard.some(({ action }) => action === 'ping') === true);
  assert.deepEqual(asked(), ['cancel_on_disconnect', 'stamp', 'subscribe', 'resume 8', 'ping']);
  client.close();
});

test('a resume that is refused is asked again over a new connection', async () => {
  const { client, useqs, say } = await connect({ resumeFrom: 3 });
  await until(() => sessions[0]?.heard.some(({ action }) => action === 'resume') === true);
  sessions[0]?.socket.send(JSON.stringify({ type: 'ERROR', code: 'UNAVAILABLE', error: 'later', action: 'resume' }));
  await until(() => sessions.length === 2 && sessions[1]?.heard.some(({ action }) => action === 'resume') === true);
  for (const useq of [3, 4]) say(useq);
  await until(() => useqs.length === 2);
  assert.deepEqual(useqs, [3, 4]);
  client.close();
});
