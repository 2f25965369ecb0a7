/** Our own certificate, towards agents. */

import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { Config } from '../config/config.ts';
import { serverEndPoint } from './channel-binding.ts';
import type { TlsIdentity } from '../protocol/door.ts';
import { Failure } from '../runtime/failure.ts';

export class TlsFailure extends Failure {}

/** Reads the configured PEM files. Throws TlsFailure when they are missing, wrong or don't belong together. */
export async function tlsIdentity({ cert, key, required }: NonNullable<Config['tls']>): Promise<TlsIdentity> {
  try {
    const [certificate, privateKey] = await Promise.all([readFile(cert), readFile(key)]);
    const parsed = new X509Certificate(certificate);
    const context = createSecureContext({ cert: certificate, key: privateKey, minVersion: 'TLSv1.2' });
    return { context, endPoint: serverEndPoint(parsed.raw, parsed.signatureAlgorithm), required };
  } catch (error) {
    throw new TlsFailure('tls_identity', `the TLS certificate ${cert} with the key ${key} can't be used: ${(error as Error).message}`, { hint: 'Both must be PEM files, and the key the certificate\'s own.', cause: error });
  }
}
