/**
 * What is stored of an agent's password. The form is told by how it begins:
 *
 * - `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>`, base64: PostgreSQL's own stored form (RFC 5803; server: scram-common.c).
 *   It serves MySQL clients, too: they then send the password itself, over TLS or encrypted to our key, at their first login.
 * - `MYSQL-CACHING-SHA2$<SHA256(SHA256(password))>`, base64: what caching_sha2_password's fast path is checked by, so that every login
 *   is one exchange and needs neither TLS nor our key. It has no salt: passwords must be long random ones, as a guess costs two hashes.
 *   It alone opens nothing (a login proves SHA256(password)).
 * - `*<SHA1(SHA1(password))>`, 40 hexadecimal digits: mysql_native_password as the servers store it, for clients that know nothing newer.
 */
const SCRAM = /^SCRAM-SHA-256\$(\d{1,8}):([A-Za-z0-9+/]+={0,2})\$([A-Za-z0-9+/]+={0,2}):([A-Za-z0-9+/]+={0,2})$/;
const CACHING_SHA2 = 'MYSQL-CACHING-SHA2$';

const MAKE = { postgres: '`countersign agents verifier --protocol postgres` prints one', mysql: '`countersign agents verifier --protocol mysql` prints one' };

/** An agent's verifiers by kind; at most one of each. */
export interface Verifiers {
  readonly scram?: string;
  readonly cachingSha2?: string;
  readonly native?: string;
}

export function verifierKind(verifier: string): keyof Verifiers {
  if (verifier.startsWith(CACHING_SHA2)) return 'cachingSha2';
  return verifier.startsWith('*') ? 'native' : 'scram';
}

export function verifiersOf(verifiers: readonly string[]): Verifiers {
  return Object.fromEntries(verifiers.map((verifier) => [verifierKind(verifier), verifier]));
}

/** What is wrong with an agent's verifier, in a sentence that never repeats it; undefined when it is well formed. */
export function verifierProblem(verifier: string): string | undefined {
  const kind = verifierKind(verifier);
  if (kind === 'cachingSha2') {
    return verifierBytes(verifier)?.length === 32 ? undefined : `the verifier is cut or damaged; it reads ${CACHING_SHA2}<SHA256(SHA256(password)), base64>: ${MAKE.mysql}`;
  }
  if (kind === 'native') {
    return verifierBytes(verifier)?.length === 20 ? undefined : `the verifier is cut or damaged, or a password, which doesn't belong here; it reads * and 40 hexadecimal digits: ${MAKE.mysql}`;
  }
  return scramProblem(verifier);
}

function scramProblem(verifier: string): string | undefined {
  const make = MAKE.postgres;
  if (!verifier.startsWith('SCRAM-SHA-256$')) {
    return `the verifier isn't of the form SCRAM-SHA-256$… or ${CACHING_SHA2}…; a password doesn't belong here: ${make}, with --protocol mysql one for MySQL`;
  }
  const [, iterations, salt = '', storedKey = '', serverKey = ''] = SCRAM.exec(verifier) ?? [];
  if (iterations === undefined) return `the verifier is cut or damaged; it reads SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>: ${make}`;
  if (Number(iterations) < 4096) return `the verifier has ${iterations} iterations; at least 4096 are needed: ${make}`;
  if (bytes(salt) < 8) return `the verifier's salt is shorter than 8 bytes: ${make}`;
  if (bytes(storedKey) !== 32 || bytes(serverKey) !== 32) return `the verifier's keys aren't 32 bytes long each: ${make}`;
  return undefined;
}

/** The digest in a verifier of MySQL's; undefined when it isn't well formed. */
export function verifierBytes(verifier: string): Buffer | undefined {
  if (/^\*[0-9A-Fa-f]{40}$/.test(verifier)) return Buffer.from(verifier.slice(1), 'hex');
  const digest = verifier.slice(CACHING_SHA2.length);
  return verifier.startsWith(CACHING_SHA2) && /^[A-Za-z0-9+/]{43}=$/.test(digest) ? Buffer.from(digest, 'base64') : undefined;
}

/** @param digest SHA256(SHA256(password)) */
export function cachingSha2Verifier(digest: Buffer): string {
  return CACHING_SHA2 + digest.toString('base64');
}

/** @param digest SHA1(SHA1(password)) */
export function nativeVerifier(digest: Buffer): string {
  return `*${digest.toString('hex').toUpperCase()}`;
}

function bytes(base64: string): number {
  return base64.length % 4 === 0 ? Buffer.from(base64, 'base64').length : 0;
}
