/** COM_CHANGE_USER: nobody becomes anybody else by it, and a recorded answer opens nothing. */

import { describe, expect, it } from 'vitest';
import type { DatabaseConfig } from '../../src/config/config.ts';
import { cachingSha2Verifier, nativeVerifier, type Verifiers } from '../../src/config/verifier.ts';
import { makeVerifier } from '../../src/identity/scram-verifier.ts';
import { Malformed } from '../../src/framing/malformed.ts';
import { cachingSha2Response, nativeResponse, sha1Twice, sha256Twice } from '../../src/mysql/auth/digests.ts';
import { changeUser, type ChangeUserStep } from '../../src/mysql/change-user.ts';
import { decodeAuthSwitchRequest } from '../../src/mysql/packets/auth.ts';
import { Capability } from '../../src/mysql/packets/capabilities.ts';
import { Command } from '../../src/mysql/packets/commands.ts';
import { PacketWriter } from '../../src/mysql/packets/writer.ts';

const PASSWORD = 'agent password';
const ALL = Capability.PluginAuth | Capability.ConnectAttrs | Capability.SecureConnection;
const database = (name: string): DatabaseConfig => ({ name, protocol: 'mysql', upstream: { host: 'h', port: 1, user: 'app', database: `${name}_live` }, tls: { mode: 'disable' } });
const config = { databases: new Map(['shop', 'stock'].map((name) => [name, database(name)])) };
const agentOf = (verifiers: Verifiers) => ({ name: 'reporter', verifiers, owner: 'dana@example.com', groups: [], databases: ['shop', 'stock'] });
const SHA2 = { cachingSha2: cachingSha2Verifier(sha256Twice(PASSWORD)) };
const context = (verifiers: Verifiers = SHA2, flags: number = ALL) => ({ config, agent: agentOf(verifiers), database: config.databases.get('shop') as DatabaseConfig, capabilities: { flags, extended: 0 }, host: '10.0.0.1', bare: false });

const command = (user: string, name: string): PacketWriter => new PacketWriter().int1(Command.ChangeUser).cstring(user).int1(3).put('abc').cstring(name);
const full = (user = 'reporter', name = 'shop'): Buffer => command(user, name).int2(224).cstring('mysql_native_password').lenencString(Buffer.from('\x01a\x01b')).take();
/** Answers the scramble. */
function answered(step: ChangeUserStep, answer: (scramble: Buffer, plugin: string) => Buffer): ChangeUserStep {
  if (step.kind !== 'send') throw new Error(`not asked: ${step.kind}`);
  const { data, plugin } = decodeAuthSwitchRequest(step.payload);
  return step.answer(answer(data.subarray(0, 20), plugin));
}

describe('COM_CHANGE_USER', () => {
  it('to oneself, with the password, begins anew', () => {
    const granted = answered(changeUser(full(), context()), (scramble) => cachingSha2Response(PASSWORD, scramble));
    expect(granted).toEqual({ kind: 'granted', last: Buffer.of(1, 3), schema: 'shop_live', collation: 224, attributes: new Map([['a', 'b']]) });
  });

  it('of a client that takes the server for an old one is granted without the byte before it', () => {
    const granted = answered(changeUser(full(), { ...context(), bare: true }), (scramble) => cachingSha2Response(PASSWORD, scramble));
    expect(granted).toMatchObject({ kind: 'granted', last: Buffer.of(3) });
  });

  it('by mysql_native_password, and as short as it may be', () => {
    const native = { native: nativeVerifier(sha1Twice(PASSWORD)) };
    expect(answered(changeUser(command('reporter', '').take(), context(native)), (scramble) => nativeResponse(PASSWORD, scramble))).toMatchObject({ kind: 'granted', last: undefined, collation: undefined, schema: 'shop_live' });
    expect(answered(changeUser(full(), context(native)), () => Buffer.alloc(20))).toMatchObject({ kind: 'refused' });
  });

  it.each([['wrong', (scramble: Buffer) => cachingSha2Response('wrong', scramble)], ['nothing', () => Buffer.alloc(0)], ['what answers another scramble', () => cachingSha2Response(PASSWORD, Buffer.alloc(20, 1))]])('answered by %s is refused', (_, answer) => {
    expect(answered(changeUser(full(), context()), answer)).toMatchObject({ kind: 'refused', refusal: { code: 'login_refused', message: 'Access denied for user \'reporter\'@\'10.0.0.1\' (using password: YES)' } });
  });

  it('without any verifier that can be matched is refused, whatever is answered', () => {
    for (const answer of [Buffer.alloc(0), Buffer.alloc(20), nativeResponse('', Buffer.alloc(20))]) expect(answered(changeUser(full(), context({ scram: makeVerifier(PASSWORD) })), () => answer)).toMatchObject({ kind: 'refused' });
  });

  it('to another agent, or another database, is refused', () => {
    expect(changeUser(full('writer'), context())).toMatchObject({ kind: 'refused', refusal: { code: 'login_refused', message: expect.stringContaining('\'writer\'@') as string } });
    expect(changeUser(full('reporter', 'stock'), context())).toMatchObject({ kind: 'refused', refusal: { code: 'unsupported', hint: 'Connect anew for \'stock\'.' } });
    expect(changeUser(full('reporter', 'mysql'), context())).toMatchObject({ kind: 'refused', refusal: { code: 'database_refused' } });
    expect(changeUser(command('reporter', 'shop').take(), context(SHA2, Capability.ConnectAttrs))).toMatchObject({ kind: 'refused' });
  });

  it('that lies about its lengths is Malformed', () => {
    for (const bytes of [Buffer.of(Command.ChangeUser), new PacketWriter().int1(17).cstring('reporter').int1(9).put('abc').take(), Buffer.concat([full(), Buffer.of(1)]), full().subarray(0, -1)]) {
      expect(() => changeUser(bytes, context())).toThrow(Malformed);
    }
  });
});
