/** Connections of our own to a database: TCP, and TLS where the configuration wants it. */

import { connect, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { DatabaseConfig } from '../config/config.ts';
import { Failure } from '../runtime/failure.ts';

/** The database can't be reached, or won't let us in. Its message names no credential. */
export class UpstreamFailure extends Failure {}

export interface Destination {
  readonly database: Pick<DatabaseConfig, 'upstream' | 'tls'>;
  /** PEM of the authorities to trust, for verify-full with a private one. */
  readonly ca: string | undefined;
  readonly signal: AbortSignal;
}

/** Throws UpstreamFailure('unreachable'). */
export async function connectPlain({ database: { upstream: { host, port } }, signal }: Destination): Promise<Socket> {
  const socket = connect({ host, port, noDelay: true, allowHalfOpen: true, keepAlive: true, keepAliveInitialDelay: 60_000 });
  await settled(socket, 'connect', signal, `can't reach the database at ${host}:${port}`);
  return socket;
}

/** TLS over a connection whose server is ready for it. Throws UpstreamFailure('unreachable'), also for a certificate that verify-full doesn't take. */
export async function connectSecure(socket: Socket, { database: { upstream: { host, port }, tls }, ca, signal }: Destination): Promise<TLSSocket> {
  const secure = connectTls({
    socket, servername: /^[\d.]+$|:/.test(host) ? '' : host, host, rejectUnauthorized: tls.mode === 'verify-full', ...(ca === undefined ? {} : { ca }),
  });
  await settled(secure, 'secureConnect', signal, `no trusted TLS connection to the database at ${host}:${port}`);
  return secure;
}

function settled(socket: Socket, event: 'connect' | 'secureConnect', signal: AbortSignal, sentence: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      signal.removeEventListener('abort', abort);
      socket.destroy();
      reject(new UpstreamFailure('unreachable', `${sentence}: ${error.message}`, { cause: error }));
    };
    const abort = (): void => fail(signal.reason as Error);
    socket.once('error', fail);
    signal.addEventListener('abort', abort);
    socket.once(event, () => {
      socket.off('error', fail);
      socket.on('error', () => {}); // whoever owns the socket next listens for itself
      signal.removeEventListener('abort', abort);
      resolve();
    });
  });
}
