import type { DatabaseConfig } from './config.ts';

type Upstream = DatabaseConfig['upstream'];

const SCHEMES = { postgres: ['postgres:', 'postgresql:'], mysql: ['mysql:', 'mariadb:'] } as const;
const PORTS = { postgres: 5432, mysql: 3306 } as const;

/**
 * `postgres://app@db.internal:5432/shop` as an address. Answers with a sentence when it isn't one;
 * the sentence never repeats the URL, which may hold a password.
 */
export function parseUpstream(text: string, protocol: DatabaseConfig['protocol']): Upstream | string {
  const example = `${protocol}://app@db.internal:${PORTS[protocol]}/shop`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) return `the upstream isn't a URL; write it as ${example}`;
  if (!(SCHEMES[protocol] as readonly string[]).includes(url.protocol)) return `the upstream's scheme is "${url.protocol}//", but the protocol is ${protocol}`;
  if (url.password !== '') return 'the upstream holds a password; name where it comes from instead: password: { env: NAME }, { file: PATH } or { command: [PROGRAM, …] }';
  if (url.search !== '' || url.hash !== '') return 'the upstream takes no parameters; TLS is set by tls: { mode: …, ca: … }';
  const parts = [url.username, url.pathname.replace(/^\//, ''), url.hostname].map(decoded);
  const [user, database, host] = parts;
  if (parts.includes(undefined)) return 'the upstream has a wrong %-escape';
  if (!host) return `the upstream names no host; write it as ${example}`;
  if (!user) return `the upstream names no user; write it as ${example}`;
  if (!database || database.includes('/')) return `the upstream names no database; write it as ${example}`;
  if (url.port === '0') return 'port 0 can\'t be connected to';
  return { host: host.replace(/^\[|\]$/g, ''), port: url.port === '' ? PORTS[protocol] : Number(url.port), user, database };
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
