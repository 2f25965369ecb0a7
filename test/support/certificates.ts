/** Throw-away certificates: nothing secret is ever in the repository. */

import { generate } from 'selfsigned';
import type { SelfsignedOptions } from 'selfsigned';

/** PEM texts. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
  /** The authority that signed it; what a client with verify-full trusts. */
  readonly ca: string;
}

export interface Authority {
  readonly cert: string;
  readonly key: string;
}

type Extensions = NonNullable<SelfsignedOptions['extensions']>;

/** A certificate authority of its own, P-256, good for a day. */
export async function makeAuthority(commonName = 'Countersign test authority'): Promise<Authority> {
  const made = await generate([{ name: 'commonName', value: commonName }], options([
    { name: 'basicConstraints', cA: true, critical: true },
    { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
  ]));
  return { cert: made.cert, key: made.private };
}

/** A server certificate for `names` (host names or IPv4 addresses). By default a fresh authority signs it. */
export async function makeCertificate(names: readonly string[] = ['localhost', '127.0.0.1'], authority?: Authority): Promise<Certificate> {
  const ca = authority ?? (await makeAuthority());
  const made = await generate([{ name: 'commonName', value: names[0] ?? 'localhost' }], {
    ...options([
      { name: 'basicConstraints', cA: false },
      { name: 'keyUsage', digitalSignature: true },
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'subjectAltName', altNames: names.map((name) => (/^[\d.]+$/.test(name) ? { type: 7, ip: name } : { type: 2, value: name })) },
    ]),
    ca,
  });
  return { cert: made.cert, key: made.private, ca: ca.cert };
}

function options(extensions: Extensions): SelfsignedOptions {
  const now = Date.now();
  // An hour back: clocks of containers and their hosts differ.
  return { keyType: 'ec', curve: 'P-256', algorithm: 'sha256', notBeforeDate: new Date(now - 3_600_000), notAfterDate: new Date(now + 86_400_000), extensions };
}
