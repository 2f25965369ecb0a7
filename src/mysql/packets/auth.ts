import { Header } from './frame.ts';
import { PacketReader } from './reader.ts';
import { PacketWriter } from './writer.ts';

/**
 * Protocol::AuthSwitchRequest (0xfe) and AuthMoreData (0x01), by which a server goes on with the login.
 * MySQL documentation, "Connection Phase Packets"; server: sql/auth/sql_authentication.cc send_plugin_request_packet.
 */
export interface AuthSwitchRequest {
  readonly plugin: string;
  /** The plugin's data: for most a scramble of 20 bytes and a NUL. */
  readonly data: Buffer;
}

export const Plugin = {
  CachingSha2: 'caching_sha2_password', Sha256: 'sha256_password', Native: 'mysql_native_password', Clear: 'mysql_clear_password',
  Ed25519: 'client_ed25519', Parsec: 'parsec',
} as const;

/** The single byte that caching_sha2_password says (server: sql/auth/sha2_password.cc). */
export const CachingSha2 = { RequestPublicKey: 2, FastAuthSuccess: 3, PerformFullAuthentication: 4 } as const;

export function authSwitchRequest(plugin: string, scramble: Buffer): Buffer {
  return new PacketWriter().int1(Header.Eof).cstring(plugin).put(scramble).int1(0).take();
}

export function authMoreData(data: Uint8Array): Buffer {
  return new PacketWriter(data.length + 1).int1(Header.AuthMoreData).put(data).take();
}

/** @param payload without anything behind 0xfe it asks for the password hash of before MySQL 4.1: the plugin's name is then empty */
export function decodeAuthSwitchRequest(payload: Buffer): AuthSwitchRequest {
  if (payload.length === 1) return { plugin: '', data: Buffer.alloc(0) };
  const reader = new PacketReader(payload, 1);
  const plugin = reader.cstring();
  return { plugin, data: Buffer.from(reader.rest()) };
}
