/** The client's side of authentication, written from RFC 5802 and 7677, independent of the product's. */

import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto';

const sha256 = (data: Uint8Array) => createHash('sha256').update(data).digest();
const hmac = (key: Uint8Array, text: string) => createHmac('sha256', key).update(text).digest();
const md5 = (data: string | Buffer) => createHash('md5').update(data).digest('hex');

/** The answer to AuthenticationMD5Password. */
export function md5Answer(user: string, password: string, salt: Uint8Array): string {
  return `md5${md5(Buffer.concat([Buffer.from(md5(password + user)), salt]))}`;
}

/** One SCRAM-SHA-256 exchange without channel binding. Throws when the server doesn't prove that it knows the password. */
export class ScramClient {
  readonly #password: string;
  readonly #nonce: string;
  #authMessage = '';
  #salted: Buffer = Buffer.alloc(0);

  constructor(password: string, nonce = randomBytes(18).toString('base64')) {
    this.#password = password.normalize('NFKC');
    this.#nonce = nonce;
  }

  get first(): string {
    return `n,,${this.#firstBare}`;
  }

  get #firstBare(): string {
    // PostgreSQL takes the name from the startup message and ignores this one.
    return `n=,r=${this.#nonce}`;
  }

  final(serverFirst: string): string {
    const { r: nonce = '', s: salt = '', i: iterations = '' } = attributes(serverFirst);
    if (!nonce.startsWith(this.#nonce) || nonce === this.#nonce) throw new Error('SCRAM: the server did not extend our nonce');
    this.#salted = pbkdf2Sync(this.#password, Buffer.from(salt, 'base64'), Number(iterations), 32, 'sha256');
    const withoutProof = `c=biws,r=${nonce}`;
    this.#authMessage = `${this.#firstBare},${serverFirst},${withoutProof}`;
    const key = hmac(this.#salted, 'Client Key');
    const signature = hmac(sha256(key), this.#authMessage);
    const proof = Buffer.from(key.map((byte, at) => byte ^ (signature[at] ?? 0)));
    return `${withoutProof},p=${proof.toString('base64')}`;
  }

  verify(serverFinal: string): void {
    const given = Buffer.from(attributes(serverFinal)['v'] ?? '', 'base64');
    const expected = hmac(hmac(this.#salted, 'Server Key'), this.#authMessage);
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw new Error('SCRAM: the server does not know the password');
  }
}

function attributes(message: string): Record<string, string> {
  return Object.fromEntries(message.split(',').map((part) => [part.slice(0, 1), part.slice(2)]));
}
