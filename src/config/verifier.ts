/** PostgreSQL's stored form: `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>`, base64; see RFC 5803 and the server's scram-common.c. */
const SCRAM = /^SCRAM-SHA-256\$(\d{1,8}):([A-Za-z0-9+/]+={0,2})\$([A-Za-z0-9+/]+={0,2}):([A-Za-z0-9+/]+={0,2})$/;

/** What is wrong with an agent's verifier, in a sentence that never repeats it; undefined when it is well formed. */
export function verifierProblem(verifier: string): string | undefined {
  const make = '`countersign agents verifier --protocol postgres` prints one';
  if (!verifier.startsWith('SCRAM-SHA-256$')) {
    return `the verifier isn't of the form SCRAM-SHA-256$…; a password doesn't belong here: ${make}`;
  }
  const [, iterations, salt = '', storedKey = '', serverKey = ''] = SCRAM.exec(verifier) ?? [];
  if (iterations === undefined) return `the verifier is cut or damaged; it reads SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>: ${make}`;
  if (Number(iterations) < 4096) return `the verifier has ${iterations} iterations; at least 4096 are needed: ${make}`;
  if (bytes(salt) < 8) return `the verifier's salt is shorter than 8 bytes: ${make}`;
  if (bytes(storedKey) !== 32 || bytes(serverKey) !== 32) return `the verifier's keys aren't 32 bytes long each: ${make}`;
  return undefined;
}

function bytes(base64: string): number {
  return base64.length % 4 === 0 ? Buffer.from(base64, 'base64').length : 0;
}
