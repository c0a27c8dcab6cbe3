import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { Ajv } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import type { Static } from 'typebox';
import type {
  CandleMessage,
  DepthMessage,
  PrivateMessage,
  TickerMessage,
  TradeMessage,
} from '../../src/domain/messages.ts';
import { asyncApiDocument } from '../../src/services/gateway/asyncapi.ts';
import { LIMITS } from '../../src/services/gateway/websocket/limits.ts';
import {
  CLIENT_MESSAGES,
  type MARKET_DATA,
  MESSAGE_GROUPS,
  type PRIVATE_MESSAGES,
} from '../../src/services/gateway/websocket/messages.ts';
import { parseClientMessage } from '../../src/services/gateway/websocket/protocol.ts';
import '../support/property-seed.ts';

const require = createRequire(import.meta.url);
const root = resolve(import.meta.dirname, '..', '..');
const schemas = new Ajv2020({ strict: false });

/** True when each of two types takes the other's values. */
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

test('the documented shapes are the types that the exchange sends by', () => {
  // Checked by the compiler: a field that one of the two lacks, or has otherwise, makes one of these false.
  const depth: Same<Static<typeof MARKET_DATA.Depth>, DepthMessage> = true;
  const trade: Same<Static<typeof MARKET_DATA.Trade>, TradeMessage> = true;
  const candle: Same<Static<typeof MARKET_DATA.Candle>, CandleMessage> = true;
  const ticker: Same<Static<typeof MARKET_DATA.Ticker>, TickerMessage> = true;
  type Private = Static<typeof PRIVATE_MESSAGES.OrderStatus> | Static<typeof PRIVATE_MESSAGES.Fill>;
  const privates: Same<Private, PrivateMessage> = true;
  assert.ok(depth && trade && candle && ticker && privates);
});

test('the document is AsyncAPI 3.0 by the official schema', () => {
  const official: object = require('@asyncapi/specs/schemas/3.0.0-without-$id.json');
  const ajv = new Ajv({ strict: false, allErrors: true, logger: false });
  addFormats.default(ajv);
  const validate = ajv.compile(official);
  assert.ok(validate(JSON.parse(JSON.stringify(asyncApiDocument()))), ajv.errorsText(validate.errors));
});

test('docs/asyncapi.yaml is rendered from the schemas', () => {
  const check = spawnSync(process.execPath, [join(root, 'scripts', 'render-docs.js'), '--check'], { encoding: 'utf8' });
  assert.equal(check.status, 0, check.stderr);
});

test('every message has an example, and it has the documented shape', () => {
  for (const { messages } of MESSAGE_GROUPS) {
    for (const [name, schema] of Object.entries(messages)) {
      const validate = schemas.compile(JSON.parse(JSON.stringify(schema)));
      const examples = 'examples' in schema && Array.isArray(schema.examples) ? schema.examples : [];
      assert.ok(examples.length > 0, name);
      for (const example of examples) assert.ok(validate(example), `${name}: ${schemas.errorsText(validate.errors)}`);
    }
  }
});

const symbol = fc.stringMatching(/^[A-Z0-9]{1,10}$/);
const id = fc.option(fc.string({ maxLength: 64 }), { nil: undefined });
const list = (maxLength: number) => fc.option(fc.array(symbol, { maxLength }), { nil: undefined });
const someOrAll = fc.option(fc.oneof(fc.constant(true), fc.array(symbol, { maxLength: 5 })), { nil: undefined });
const documented = fc.oneof(
  fc.record({
    action: fc.constant('subscribe'),
    main: symbol,
    sub: list(LIMITS.subSymbols),
    symbols: list(LIMITS.fullSymbols),
    id,
  }),
  fc.record({
    action: fc.constant('unsubscribe'),
    main: fc.option(fc.oneof(symbol, fc.boolean()), { nil: undefined }),
    sub: someOrAll,
    symbols: someOrAll,
    id,
  }),
  fc.record({ action: fc.constant('resume'), from: fc.maxSafeNat(), id }),
  fc.record({
    action: fc.constant('cancel_on_disconnect'),
    after_ms: fc.option(fc.nat({ max: LIMITS.cancelAfterMs })),
    id,
  }),
  fc.record({ action: fc.constant('stamp'), on: fc.option(fc.boolean(), { nil: undefined }), id }),
  fc.record({ action: fc.constant('ping'), id }),
);

test('whatever the document lets a client send is understood', () => {
  const validators = Object.values(CLIENT_MESSAGES).map((schema) =>
    schemas.compile(JSON.parse(JSON.stringify(schema))),
  );
  fc.assert(
    fc.property(documented, (message) => {
      const text = JSON.stringify(message);
      const plain: unknown = JSON.parse(text);
      assert.ok(
        validators.some((validate) => validate(plain)),
        `the document does not know ${text}`,
      );
      const parsed = parseClientMessage(Buffer.from(text), false);
      assert.ok(parsed.ok, text);
    }),
    { numRuns: 500 },
  );
});
