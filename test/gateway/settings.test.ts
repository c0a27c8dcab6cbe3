import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GatewaySettings } from '../../src/services/gateway/deps.ts';
import { DocumentedClient } from './documented.ts';
import { startExchange } from './exchange.ts';

/** `GET /config` of an exchange with these settings, asked with these headers. */
async function settingsOf(settings: Partial<GatewaySettings>, headers: Record<string, string> = {}) {
  const exchange = await startExchange({ settings });
  const client = await DocumentedClient.of(exchange.app);
  const response = await client.call('GET', '/config', { host: 'localhost:8080', ...headers });
  await exchange.close();
  assert.equal(response.statusCode, 200, response.body);
  return response.json();
}

test('without settings nothing is offered', async () => {
  assert.deepEqual(await settingsOf({}), {
    version: '0.1.0',
    test_mode: false,
    supabase_url: null,
    supabase_anon_key: null,
    market_time_zone: 'Asia/Seoul',
    api_key_required: false,
  });
});

test('the Supabase project and its public key are told, and that orders need a key, but never the key', async () => {
  const told = await settingsOf({
    supabaseUrl: 'https://p.supabase.co',
    supabaseAnonKey: 'public-key',
    apiKeys: ['a-secret-api-key'],
  });
  assert.deepEqual([told.supabase_url, told.supabase_anon_key], ['https://p.supabase.co', 'public-key']);
  assert.equal(told.api_key_required, true);
  assert.doesNotMatch(JSON.stringify(told), /a-secret-api-key/);
});

test('test mode is offered only to whom it would serve', async () => {
  assert.equal((await settingsOf({ testMode: true })).test_mode, true);
  assert.equal((await settingsOf({ testMode: true }, { host: 'exchange.example' })).test_mode, false);
  assert.equal((await settingsOf({ testMode: true }, { 'x-forwarded-for': '10.0.0.1' })).test_mode, false);
  assert.equal((await settingsOf({ testMode: true }, { origin: 'https://elsewhere.example' })).test_mode, false);
});
