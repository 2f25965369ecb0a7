import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Failure } from './failure.ts';

export interface SigningKey {
  /** Ed25519. */
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** It wasn't there and was made now. */
  readonly created: boolean;
}

/** A key file that is missing, exists already, or can't serve. */
export class KeyFailure extends Failure {
  declare readonly code: 'key_exists' | 'key_unwritable' | 'key_unreadable' | 'key_exposed' | 'key_wrong_type';
}

/** The Ed25519 key (PKCS 8 PEM) in `file`; made, with its public half in `file.pub`, when there is none. Throws KeyFailure. */
export function loadOrCreateSigningKey(file: string): SigningKey {
  try {
    return loadSigningKey(file);
  } catch (error) {
    if (!(error instanceof KeyFailure && hasCode(error.cause, 'ENOENT'))) throw error;
  }
  try {
    return generateSigningKey(file);
  } catch (error) {
    // Another process made it in the same moment: that one counts.
    if (error instanceof KeyFailure && error.code === 'key_exists') return loadSigningKey(file);
    throw error;
  }
}

export function loadSigningKey(file: string): SigningKey {
  let privateKey: KeyObject;
  try {
    refuseExposed(file);
    privateKey = createPrivateKey(readFileSync(file));
  } catch (cause) {
    if (cause instanceof KeyFailure) throw cause;
    throw new KeyFailure('key_unreadable', `The signing key ${file} can't be read.`, { hint: 'Make one with `countersign keys generate`.', cause });
  }
  return { privateKey: ed25519(privateKey, file), publicKey: createPublicKey(privateKey), created: false };
}

/** Public keys by PEM file; a private key's file serves as well. Throws KeyFailure. */
export function loadPublicKey(file: string): KeyObject {
  try {
    return ed25519(createPublicKey(readFileSync(file)), file);
  } catch (cause) {
    if (cause instanceof KeyFailure) throw cause;
    throw new KeyFailure('key_unreadable', `The public key ${file} can't be read.`, { hint: 'It is the .pub file beside the signing key.', cause });
  }
}

/** Writes `file` (PKCS 8 PEM, mode 0600) and `file.pub` (SPKI PEM). Never replaces a key. Throws KeyFailure `key_exists` or `key_unwritable`. */
export function generateSigningKey(file: string): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    place(file, privateKey.export({ type: 'pkcs8', format: 'pem' }));
    writeFileSync(`${file}.pub`, publicKey.export({ type: 'spki', format: 'pem' }), { mode: 0o644, flush: true });
  } catch (cause) {
    if (hasCode(cause, 'EEXIST')) throw new KeyFailure('key_exists', `There is a file ${file} already; keys are never replaced.`, { hint: 'Choose another name, or move it away first.', cause });
    throw new KeyFailure('key_unwritable', `The signing key ${file} can't be written.`, { hint: 'Look at the directory\'s owner and mode.', cause });
  }
  return { privateKey, publicKey, created: true };
}

/** Links a finished file into place: nobody ever sees half a key, and of two makers one wins. */
function place(file: string, pem: string | Buffer): void {
  const draft = `${file}.${randomBytes(6).toString('hex')}.new`;
  writeFileSync(draft, pem, { mode: 0o600, flag: 'wx', flush: true });
  try {
    linkSync(draft, file);
  } finally {
    unlinkSync(draft);
  }
}

function refuseExposed(file: string): void {
  if ((statSync(file).mode & 0o022) === 0) return;
  throw new KeyFailure('key_exposed', `Others may write to the signing key ${file}.`, { hint: `chmod 600 ${file}` });
}

function ed25519(key: KeyObject, file: string): KeyObject {
  if (key.asymmetricKeyType === 'ed25519') return key;
  throw new KeyFailure('key_wrong_type', `The key in ${file} is ${key.asymmetricKeyType ?? 'of an unknown type'}, not Ed25519.`, { hint: 'Make one with `countersign keys generate`.' });
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
