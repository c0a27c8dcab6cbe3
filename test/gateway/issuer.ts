import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';

interface Key {
  kid: string;
  algorithm: string;
  privateKey: CryptoKey;
  publicKey: CryptoKey;
}

/** A token issuer with its own published keys, on a port of this machine. */
export class Issuer {
  readonly #server: Server;
  #keys: Key[] = [];
  /** How often the keys were asked for. */
  fetches = 0;
  /** What the keys' address answers with; 200 publishes them. */
  status = 200;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<Issuer> {
    const server = createServer();
    const issuer = new Issuer(server);
    server.on('request', async (_request, response) => {
      issuer.fetches += 1;
      const keys = await Promise.all(
        issuer.#keys.map(async ({ kid, algorithm, publicKey }) => ({
          ...(await exportJWK(publicKey)),
          kid,
          alg: algorithm,
          use: 'sig',
        })),
      );
      response.writeHead(issuer.status, { 'content-type': 'application/json' }).end(JSON.stringify({ keys }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return issuer;
  }

  get url(): string {
    // A listening TCP server has an address with a port.
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async addKey(kid: string, algorithm: string): Promise<void> {
    this.#keys.push({ kid, algorithm, ...(await generateKeyPair(algorithm)) });
  }

  dropKey(kid: string): void {
    this.#keys = this.#keys.filter((key) => key.kid !== kid);
  }

  /** A token signed by one of the keys; an hour to live unless the payload says otherwise. */
  token(kid: string, payload: JWTPayload, header: object = {}): Promise<string> {
    const key = this.#keys.find((candidate) => candidate.kid === kid)!;
    const claims = { exp: Math.floor(Date.now() / 1000) + 3600, ...payload };
    return new SignJWT(claims).setProtectedHeader({ alg: key.algorithm, kid, ...header }).sign(key.privateKey);
  }

  publicKey(kid: string): CryptoKey {
    return this.#keys.find((candidate) => candidate.kid === kid)!.publicKey;
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

/** A token signed with a shared secret. */
export function secretToken(secret: string, payload: JWTPayload, algorithm = 'HS256'): Promise<string> {
  const claims = { exp: Math.floor(Date.now() / 1000) + 3600, ...payload };
  return new SignJWT(claims).setProtectedHeader({ alg: algorithm }).sign(new TextEncoder().encode(secret));
}
