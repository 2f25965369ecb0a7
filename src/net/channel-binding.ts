import { createHash } from 'node:crypto';

/** tls-server-end-point of a DER certificate: SHA-256 unless its signature uses a stronger hash (RFC 5929, 4.1). */
export function serverEndPoint(certificate: Buffer, signatureAlgorithm: string | undefined): Buffer {
  const hash = /sha(384|512)/i.exec(signatureAlgorithm ?? '')?.[0].toLowerCase() ?? 'sha256';
  return createHash(hash).update(certificate).digest();
}
