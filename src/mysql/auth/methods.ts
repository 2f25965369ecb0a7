/** How we prove to a database that we know the password: one method for each plugin it may name. */

import { UpstreamFailure } from '../../net/outgoing.ts';
import { CachingSha2, Plugin } from '../packets/auth.ts';
import { SCRAMBLE_BYTES } from '../packets/handshake.ts';
import { cachingSha2Response, nativeResponse } from './digests.ts';
import { ed25519Response } from './ed25519.ts';
import { parsecResponse } from './parsec.ts';
import { encryptPassword } from './rsa.ts';

export interface Credential {
  /** Undefined: none is configured. */
  readonly password: string | undefined;
  /** Whom the bytes are safe from: nobody, listeners, or also an impostor. */
  readonly channel: 'plain' | 'encrypted' | 'verified';
}

export interface Method {
  /** The answer to the server's scramble. */
  begin(data: Buffer): Buffer;
  /** The answer to what the plugin says further; undefined: it only told something. */
  more(data: Buffer): Buffer | undefined | Promise<Buffer | undefined>;
}

/** sha256_password asks for the key so (server: sql/auth/sha2_password.cc). */
const SHA256_REQUEST_KEY = 1;
const NOTHING = Buffer.alloc(0);

const METHODS: Readonly<Record<string, (credential: Credential) => Method>> = {
  [Plugin.Native]: ({ password = '' }) => ({ begin: (data) => (password === '' ? NOTHING : nativeResponse(password, scrambleOf(data))), more: unexpected }),
  [Plugin.CachingSha2]: cachingSha2,
  [Plugin.Sha256]: sha256,
  [Plugin.Clear]: clear,
  [Plugin.Ed25519]: ed25519,
  [Plugin.Parsec]: parsec,
};

/** Throws UpstreamFailure('unsupported') for a plugin we don't have. */
export function method(plugin: string, credential: Credential): Method {
  const make = Object.hasOwn(METHODS, plugin) ? METHODS[plugin] : undefined;
  if (make !== undefined) return make(credential);
  const name = plugin === '' ? 'the password hash of before MySQL 4.1' : plugin;
  throw new UpstreamFailure('unsupported', `the database asks for ${name}, which isn't supported`, { hint: `Give the account ${Plugin.CachingSha2} (MySQL), or ${Plugin.Native}, ed25519 or ${Plugin.Parsec} (MariaDB).` });
}

function scrambleOf(data: Buffer): Buffer {
  if (data.length < SCRAMBLE_BYTES) throw new UpstreamFailure('protocol', 'the database sent a scramble that is too short');
  return data.subarray(0, SCRAMBLE_BYTES);
}

function unexpected(): never {
  throw new UpstreamFailure('protocol', 'the database says more than its authentication plugin has to');
}

function need({ password }: Credential): string {
  if (password === undefined) throw new UpstreamFailure('no_password', 'the database asks for a password and none is configured', { hint: 'Set password for this database.' });
  return password;
}

/** With its NUL. */
const terminated = (password: string): Buffer => Buffer.from(`${password}\0`, 'utf8');

/** The fast path, or the password itself: over TLS as it is, else encrypted to the key that the server sends. */
function cachingSha2(credential: Credential): Method {
  let scramble: Buffer = NOTHING;
  let keyAsked = false;
  return {
    begin(data) {
      scramble = scrambleOf(data);
      return credential.password === undefined || credential.password === '' ? NOTHING : cachingSha2Response(credential.password, scramble);
    },
    more(data) {
      if (keyAsked) return encrypted(need(credential), scramble, data);
      if (data.length !== 1) return unexpected();
      if (data[0] === CachingSha2.FastAuthSuccess) return undefined;
      if (data[0] !== CachingSha2.PerformFullAuthentication) return unexpected();
      if (credential.channel !== 'plain') return terminated(need(credential));
      keyAsked = true;
      return Buffer.of(CachingSha2.RequestPublicKey);
    },
  };
}

function sha256(credential: Credential): Method {
  let scramble: Buffer = NOTHING;
  return {
    begin(data) {
      scramble = scrambleOf(data);
      if (credential.channel !== 'plain') return terminated(need(credential));
      return Buffer.of(SHA256_REQUEST_KEY);
    },
    more: (data) => (credential.channel === 'plain' ? encrypted(need(credential), scramble, data) : unexpected()),
  };
}

function encrypted(password: string, scramble: Buffer, pem: Buffer): Buffer {
  try {
    return encryptPassword(password, scramble, pem.toString('latin1'));
  } catch (cause) {
    throw new UpstreamFailure('protocol', 'the database sent a public key that can\'t be used', { cause });
  }
}

/** The password as it is, for PAM and LDAP: only to a server whose certificate says who it is. */
function clear(credential: Credential): Method {
  if (credential.channel !== 'verified') {
    throw new UpstreamFailure('clear_password', 'the database asks for a clear password, which goes only over TLS with a verified certificate', { hint: 'Set tls: { mode: verify-full } for this database, or give the account another plugin.' });
  }
  return { begin: () => terminated(need(credential)), more: unexpected };
}

/** MariaDB's nonce (plugin/auth_ed25519/common.h NONCE_BYTES), which comes without a NUL behind it. */
const ED25519_NONCE = 32;

function ed25519(credential: Credential): Method {
  return {
    begin(data) {
      if (data.length !== ED25519_NONCE) throw new UpstreamFailure('protocol', 'the database sent a nonce of another length than client_ed25519 has');
      return ed25519Response(Buffer.from(need(credential), 'utf8'), data);
    },
    more: unexpected,
  };
}

/** The answer to the scramble is empty: it asks for the salt. */
function parsec(credential: Credential): Method {
  let scramble: Buffer = NOTHING;
  return {
    begin(data) {
      scramble = Buffer.from(data);
      return NOTHING;
    },
    more: (data) => parsecResponse(need(credential), scramble, data),
  };
}
