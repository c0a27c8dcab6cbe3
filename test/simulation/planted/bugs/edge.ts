import type { PlantedBug } from '../bug.ts';

const GATEWAY = 'src/services/gateway';

/** Bugs of the edge: who may come in, what is answered, what a slow client costs; and of the house itself. */
export const edgeBugs: readonly PlantedBug[] = [
  {
    name: 'expired-token-believed',
    promise: 'Forged, expired, wrong-audience and `alg:none` tokens',
    file: 'src/services/auth/tokens.ts',
    find: 'clockTolerance: leewaySeconds ?? DEFAULT_LEEWAY_S,',
    replace: 'clockTolerance: (leewaySeconds ?? DEFAULT_LEEWAY_S) + 3_600,',
    noticedBy: { test: 'test/gateway/tokens.test.ts', name: 'expiry, not-before, audience and issuer are checked' },
  },
  {
    name: 'unsigned-token-believed',
    promise: 'Forged, expired, wrong-audience and `alg:none` tokens',
    file: 'src/services/auth/tokens.ts',
    find: "const algorithm = decodeProtectedHeader(token).alg ?? 'none';",
    replace:
      "const algorithm = decodeProtectedHeader(token).alg ?? 'none';\n      if (algorithm === 'none') return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());",
    noticedBy: { test: 'test/gateway/tokens.test.ts', name: 'a forged token gets nowhere' },
  },
  {
    name: 'everybody-is-an-admin',
    promise: 'Who may do what',
    file: `${GATEWAY}/identity.ts`,
    find: '({ isAdmin }) => (isAdmin ?',
    replace: "({ isAdmin, userId }) => (isAdmin || userId !== '' ?",
    noticedBy: { test: 'test/gateway/admin.test.ts', name: 'nobody but an admin comes in' },
  },
  {
    name: 'row-with-a-quantity-of-zero',
    promise: 'No input of the command line',
    file: 'src/flow/csv.ts',
    find: 'if (!(number >= min && number <= max))',
    replace: 'if (!(number <= max))',
    noticedBy: { test: 'src/flow/flow.test.ts', name: 'a broken CSV is refused with file and line' },
    isQuick: true,
  },
  {
    name: 'malformed-url-is-a-fault-of-ours',
    promise: 'Nothing a client sends makes a 5xx',
    file: `${GATEWAY}/json.ts`,
    find: "if (error !== null) return done(new ExchangeError('INVALID_JSON'));",
    replace: 'if (error !== null) return done(new Error(error.message));',
    noticedBy: { test: 'test/gateway/hostile.test.ts', name: 'no body that is no JSON, and no header, makes a 5xx' },
  },
  {
    name: 'field-missing-in-an-answer',
    promise: 'Every answer has the documented shape',
    file: `${GATEWAY}/present.ts`,
    find: '    filled_qty: quantity(order.filled_qty),\n',
    replace: '',
    noticedBy: { test: 'test/gateway/orders.test.ts', name: 'an order answers with the contract shape' },
  },
  {
    name: 'retry-after-forgotten',
    promise: 'Past its bounds the exchange answers 503',
    file: `${GATEWAY}/errors.ts`,
    find: "if (refusal.retryAfter !== undefined) reply.header('retry-after', String(refusal.retryAfter));",
    replace: 'if (refusal.retryAfter !== undefined) reply.code(refusal.status);',
    noticedBy: {
      test: 'test/gateway/errors.test.ts',
      name: 'a refusal of the router keeps its code, details and Retry-After',
    },
  },
  {
    name: 'slow-client-is-sent-everything',
    promise: 'A client that does not read is conflated',
    file: 'src/services/streamer/streamer.ts',
    find: 'if (client.outlet.congested) {',
    replace: 'if (client.outlet.congested && client.since < 0) {',
    noticedBy: {
      test: `${GATEWAY}/websocket/sessions.test.ts`,
      name: 'a client that does not read is conflated',
    },
  },
  {
    name: 'folder-taken-from-a-living-process',
    promise: 'A second process on a data folder is refused',
    file: 'src/adapters/data-dir/lock.ts',
    find: 'if (!(await isAlive(holder.pid))) return;',
    replace: 'if (await isAlive(holder.pid)) return;',
    noticedBy: {
      test: 'src/adapters/data-dir/data-dir.test.ts',
      name: 'a second start while the first runs is refused',
    },
  },
  {
    name: 'service-reaches-for-an-adapter',
    promise: 'The walls between the rooms hold',
    file: 'src/services/notifier/lines.ts',
    find: '/** Where the number line of one user stands. */',
    replace: "import '../../adapters/clock/system.ts';\n\n/** Where the number line of one user stands. */",
    noticedBy: { test: 'test/walls.test.ts', name: 'the walls of src/services hold' },
    isQuick: true,
  },
  {
    name: 'service-reads-a-raw-clock',
    promise: 'The walls between the rooms hold',
    file: 'src/services/order-router/router.ts',
    find: 'const now = this.#deps.clock.now();',
    replace: 'const now = Date.now();',
    noticedBy: { test: 'test/walls.test.ts', name: 'read no raw clock and no raw chance' },
  },
];
