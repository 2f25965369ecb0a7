/** TLS towards an agent, on a connection that has asked for it. */

import { TLSSocket } from 'node:tls';
import type { TlsIdentity } from '../protocol/door.ts';
import { Handshake, HandshakeFailure } from './handshake.ts';

/**
 * Makes the connection a TLS one. What `plain` has read ahead (a direct TLS handshake) goes to it; who mustn't allow that checks `pending` before.
 * Rejects with HandshakeFailure('tls'), or the signal's reason.
 */
export async function acceptTls(plain: Handshake, { context }: TlsIdentity, signal: AbortSignal, ALPNProtocols?: string[]): Promise<{ readonly handshake: Handshake; readonly secure: TLSSocket }> {
  const early = plain.rest();
  if (early.length > 0) plain.socket.unshift(early);
  const secure = new TLSSocket(plain.socket, { isServer: true, secureContext: context, ...(ALPNProtocols === undefined ? {} : { ALPNProtocols }) });
  secure.on('error', () => {});
  const handshake = new Handshake(secure, signal);
  await established(secure, signal);
  return { handshake, secure };
}

function established(secure: TLSSocket, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (): void => reject(new HandshakeFailure('tls', 'the TLS handshake failed'));
    const abort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', abort);
    secure.once('error', fail);
    secure.once('close', fail);
    secure.once('secure', () => {
      signal.removeEventListener('abort', abort);
      secure.off('error', fail);
      secure.off('close', fail);
      resolve();
    });
  });
}
