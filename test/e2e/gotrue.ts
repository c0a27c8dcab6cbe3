import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose';

interface Account {
  id: string;
  email: string;
  password: string;
  role?: string;
}

/** A refresh token may be used again so soon after its use: a page may be left before it has stored the next one. */
const REUSE_MS = 10_000;

const CORS = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, POST, OPTIONS',
  'access-control-allow-headers': 'apikey, authorization, content-type',
};

/**
 * The sign-in service of a Supabase project, as far as its REST interface for signing in goes: password and refresh
 * grants with refresh tokens that are good for one use (and for its repeat shortly after), sign-out, and the published keys of its ES256 tokens.
 */
export class GoTrue {
  readonly anonKey = `anon-${randomUUID()}`;
  readonly #server: Server;
  readonly #keys: { privateKey: CryptoKey; publicKey: CryptoKey };
  readonly #accounts: Account[] = [];
  /** Refresh tokens, and when each was used. */
  readonly #sessions = new Map<string, { account: Account; usedAt?: number }>();
  /** How long an access token lives, in seconds. */
  lifetimeS = 3_600;
  /** Paths asked for, in order. */
  readonly asked: string[] = [];

  private constructor(server: Server, keys: { privateKey: CryptoKey; publicKey: CryptoKey }) {
    this.#server = server;
    this.#keys = keys;
  }

  static async start(): Promise<GoTrue> {
    const server = createServer();
    const service = new GoTrue(server, await generateKeyPair('ES256'));
    server.on('request', (request, response) => void service.#answer(request, response));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return service;
  }

  /** The project's address: SUPABASE_URL. */
  get url(): string {
    // A listening TCP server has an address with a port.
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  addAccount(account: Omit<Account, 'id'>): string {
    const id = randomUUID();
    this.#accounts.push({ id, ...account });
    return id;
  }

  /** Sessions that could be refreshed now. */
  get openSessions(): number {
    return [...this.#sessions.values()].filter(({ usedAt }) => usedAt === undefined).length;
  }

  /** Ends every session, as an administrator of the project can. */
  endSessions(): void {
    this.#sessions.clear();
  }

  /** A token as the service signs them, for who pastes one. */
  token(subject: string, claims: object = {}, lifetimeS = 3_600): Promise<string> {
    return new SignJWT({ role: 'authenticated', ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: 'e2e', typ: 'JWT' })
      .setSubject(subject)
      .setIssuer(`${this.url}/auth/v1`)
      .setAudience('authenticated')
      .setIssuedAt()
      .setExpirationTime(Math.floor(Date.now() / 1_000) + lifetimeS)
      .sign(this.#keys.privateKey);
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((done) => this.#server.close(() => done()));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', this.url);
    if (request.method !== 'OPTIONS') this.asked.push(`${pathname}${searchParams.size > 0 ? `?${searchParams}` : ''}`);
    const send = (status: number, body?: object) =>
      response
        .writeHead(status, { 'content-type': 'application/json', ...CORS })
        .end(body === undefined ? '' : JSON.stringify(body));
    if (request.method === 'OPTIONS') return void send(204);
    if (pathname === '/auth/v1/.well-known/jwks.json') {
      const key = await exportJWK(this.#keys.publicKey);
      return void send(200, { keys: [{ ...key, kid: 'e2e', alg: 'ES256', use: 'sig' }] });
    }
    if (request.headers.apikey !== this.anonKey) return void send(401, { message: 'No API key found in request' });
    const body: { email?: string; password?: string; refresh_token?: string } = JSON.parse(
      (await text(request)) || '{}',
    );
    if (pathname === '/auth/v1/logout') return void this.#logout(request, send);
    if (pathname !== '/auth/v1/token') return void send(404, { msg: 'Not found' });
    if (searchParams.get('grant_type') === 'refresh_token') return this.#refresh(body.refresh_token ?? '', send);
    const account = this.#accounts.find(({ email, password }) => email === body.email && password === body.password);
    if (account === undefined) {
      return void send(400, { code: 400, error_code: 'invalid_credentials', msg: 'Invalid login credentials' });
    }
    return this.#grant(account, send);
  }

  async #refresh(refreshToken: string, send: (status: number, body?: object) => unknown): Promise<void> {
    const session = this.#sessions.get(refreshToken);
    const { usedAt = Date.now() } = session ?? {};
    if (session !== undefined && Date.now() - usedAt < REUSE_MS) {
      session.usedAt = usedAt;
      return this.#grant(session.account, send);
    }
    const refusal = { code: 400, error_code: 'refresh_token_not_found', msg: 'Invalid Refresh Token: Not Found' };
    send(400, refusal);
  }

  async #grant(account: Account, send: (status: number, body?: object) => unknown): Promise<void> {
    const refreshToken = randomUUID();
    this.#sessions.set(refreshToken, { account });
    const { id, email, role } = account;
    const claims = { email, ...(role === undefined ? {} : { app_metadata: { role } }) };
    send(200, {
      access_token: await this.token(id, claims, this.lifetimeS),
      token_type: 'bearer',
      expires_in: this.lifetimeS,
      expires_at: Math.floor(Date.now() / 1_000) + this.lifetimeS,
      refresh_token: refreshToken,
      user: { id, email, app_metadata: { role } },
    });
  }

  #logout(request: IncomingMessage, send: (status: number, body?: object) => unknown): void {
    const payload = (request.headers.authorization ?? '').split('.')[1] ?? '';
    const { sub }: { sub?: string } = JSON.parse(Buffer.from(payload, 'base64url').toString() || '{}');
    for (const [token, { account }] of this.#sessions) if (account.id === sub) this.#sessions.delete(token);
    send(204);
  }
}

async function text(request: IncomingMessage): Promise<string> {
  let all = '';
  for await (const chunk of request) all += chunk;
  return all;
}
