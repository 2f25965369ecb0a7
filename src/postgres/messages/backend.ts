/** The server's short messages that we send ourselves: login, keys, status. */

import { message } from './frame.ts';

export const authenticationOk = (): Buffer => message('R', 0);

/** The password comes as it is: over TLS only. */
export const authenticationCleartextPassword = (): Buffer => message('R', 3);

/** Lists SASL mechanisms, most preferred first. */
export const authenticationSasl = (mechanisms: readonly string[]): Buffer =>
  message('R', 10, ...mechanisms, Buffer.of(0));

export const authenticationSaslContinue = (data: string): Buffer => message('R', 11, Buffer.from(data, 'utf8'));

export const authenticationSaslFinal = (data: string): Buffer => message('R', 12, Buffer.from(data, 'utf8'));

export const parameterStatus = (name: string, value: string): Buffer => message('S', name, value);

export const backendKeyData = (processId: number, secretKey: Buffer): Buffer => message('K', processId, secretKey);

/** Transaction status: I idle, T in a transaction, E in a failed one. */
export type TransactionStatus = 'I' | 'T' | 'E';

export const readyForQuery = (status: TransactionStatus): Buffer => message('Z', Buffer.from(status, 'latin1'));

/**
 * Tells the client the newest minor version of protocol 3 we speak and the `_pq_.` options we don't know.
 * The version field is the whole number (3 << 16 | minor).
 */
export const negotiateProtocolVersion = (minor: number, unknownOptions: readonly string[]): Buffer =>
  message('v', (3 << 16) | minor, unknownOptions.length, ...unknownOptions);
