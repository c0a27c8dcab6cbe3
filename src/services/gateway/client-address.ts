import type { IncomingHttpHeaders } from 'node:http';
import { BlockList, isIP } from 'node:net';

/** The names that TRUSTED_PROXIES may hold beside addresses and CIDR blocks, as Fastify knows them. */
const NAMED: Record<string, string[]> = {
  loopback: ['127.0.0.1/8', '::1/128'],
  linklocal: ['169.254.0.0/16', 'fe80::/10'],
  uniquelocal: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
};

/** What is looked at of a request. */
interface Sender {
  socket: { remoteAddress?: string | undefined };
  headers: IncomingHttpHeaders;
}

/**
 * The address of who sent a request that does not pass Fastify (an upgrade), by the rule that it has for the others: the
 * newest of the row that no trusted proxy stands at. Only what a trusted proxy itself saw counts.
 * @throws Error for what is neither an address, nor a block, nor such a name
 */
export function addressReader(trustedProxies: readonly string[]): (request: Sender) => string {
  const trusted = new BlockList();
  for (const block of trustedProxies.flatMap((name) => NAMED[name] ?? [name])) {
    const [address = '', prefix, ...more] = block.split('/');
    const bits = isIP(address) === 6 ? 128 : 32;
    const length = prefix === undefined ? bits : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN;
    if (isIP(address) === 0 || more.length > 0 || !(length >= 1 && length <= bits)) {
      throw new Error(`"${block}" is neither an address nor a block of them, as 10.0.0.0/8 is`);
    }
    trusted.addSubnet(address, length, familyOf(address));
  }
  return ({ socket, headers }) => {
    const told = [headers['x-forwarded-for'] ?? []].flat().join(',').split(',');
    const row = [...told.map((part) => part.trim()).filter((part) => part !== ''), socket.remoteAddress ?? ''];
    for (let i = row.length - 1; i > 0; i--) {
      const address = row[i] ?? '';
      if (isIP(address) === 0 || !trusted.check(address, familyOf(address))) return address;
    }
    return row[0] ?? '';
  };
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}
