import assert from 'node:assert/strict';
import { test } from 'node:test';
import Fastify from 'fastify';
import { addressReader } from './client-address.ts';

/** What Fastify makes of the address, which the limits of all other requests go by. */
async function fastifysAddress(trusted: string[], remoteAddress: string, told: string | undefined): Promise<string> {
  const app = Fastify({ trustProxy: trusted.length === 0 ? false : trusted });
  app.get('/', async ({ ip }) => ip);
  const headers = told === undefined ? {} : { 'x-forwarded-for': told };
  const { body } = await app.inject({ url: '/', remoteAddress, headers });
  await app.close();
  return body;
}

test("an upgrade has the address that Fastify gives every other request, whoever's word it is", async () => {
  for (const trusted of [[], ['127.0.0.1'], ['10.0.0.0/8', '::1'], ['loopback', 'uniquelocal']]) {
    const addressOf = addressReader(trusted);
    for (const remote of ['127.0.0.1', '10.1.2.3', '::1', '203.0.113.7', '::ffff:127.0.0.1']) {
      for (const told of [undefined, '', '9.9.9.9', '1.2.3.4, 9.9.9.9', '9.9.9.9, 10.0.0.7,127.0.0.1', '2001:db8::1']) {
        const request = { socket: { remoteAddress: remote }, headers: { 'x-forwarded-for': told } };
        const address = addressOf(request);
        const where = JSON.stringify({ trusted, remote, told });
        assert.equal(address, await fastifysAddress(trusted, remote, told), where);
      }
    }
  }
});
