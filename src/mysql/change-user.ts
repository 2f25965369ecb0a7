/** COM_CHANGE_USER: the agent says again who it is, on a session that goes on. It can't become anybody else, since the login at the database is its own. */

import type { Config, DatabaseConfig } from '../config/config.ts';
import type { Agent } from '../identity/agent.ts';
import { type Refusal, Refused } from '../protocol/refusal.ts';
import { cachingSha2Matches, nativeMatches } from './auth/digests.ts';
import { digestOf, fastAuthSuccess, knownDigest, newScramble } from './authentication.ts';
import { chooseDatabase } from './choose-database.ts';
import { unableToAsk, wrongPassword } from './login.ts';
import { authSwitchRequest, Plugin } from './packets/auth.ts';
import { type Capabilities, Capability, has } from './packets/capabilities.ts';
import { readAttributes } from './packets/handshake-response.ts';
import { PacketReader } from './packets/reader.ts';

export interface ChangeUserContext {
  readonly config: Pick<Config, 'databases'>;
  /** The session's own. */
  readonly agent: Agent;
  readonly database: DatabaseConfig;
  /** In force towards the agent. */
  readonly capabilities: Capabilities;
  /** Without the port, for the server's own words. */
  readonly host: string;
  /** See expectsBareData. */
  readonly bare: boolean;
}

/** The client is asked for its password. */
export interface AskedUser {
  readonly kind: 'send';
  readonly payload: Buffer;
  readonly answer: (payload: Buffer) => Exclude<ChangeUserStep, AskedUser>;
}

/**
 * `send`: the payload goes to the client, with the next sequence id, and the client's answer to `answer`.
 * `granted`: `last`, if any, goes to the client before the OK; the database gets COM_RESET_CONNECTION and COM_INIT_DB of `schema`, and the character set
 * whose collation has the number `collation`. `refused`: nothing has happened to the session, and the connection
 * ends with it, as a server's does.
 */
export type ChangeUserStep =
  | AskedUser
  | { readonly kind: 'granted'; readonly last: Buffer | undefined; readonly schema: string; readonly collation: number | undefined; readonly attributes: ReadonlyMap<string, string> }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

type Granted = Omit<ChangeUserStep & { readonly kind: 'granted' }, 'last'>;

/**
 * Begins a COM_CHANGE_USER. The client is always asked by a scramble of its own: what answers the greeting's may have been recorded. That the password is
 * known, by the login that the session began with, saves asking for it in full.
 * Throws Malformed.
 * @param payload of the command, its first byte included
 */
export function changeUser(payload: Buffer, context: ChangeUserContext): ChangeUserStep {
  const { agent, capabilities, host } = context;
  const asked = decodeChangeUser(payload, capabilities);
  if (asked.user !== agent.name) return refused(wrongPassword(asked.user, host));
  const other = otherDatabase(asked.database, context);
  if (other !== undefined) return refused(other);
  if (Object.keys(agent.verifiers).length === 0) return refused(new Refused({ code: 'unsupported', message: 'an agent that logs in by a token can\'t do so again on the same connection', hint: 'Use COM_RESET_CONNECTION, or connect anew.' }));
  if (!has(capabilities, Capability.PluginAuth)) return refused(unableToAsk());
  const granted: Granted = { kind: 'granted', schema: context.database.upstream.database, collation: asked.collation, attributes: asked.attributes };
  const digest = knownDigest(agent.verifiers);
  const scramble = newScramble();
  const denied = refused(wrongPassword(agent.name, host));
  if (digest === undefined) {
    const stored = digestOf(agent.verifiers.native, 20);
    const answer: AskedUser['answer'] = (response) => (nativeMatches(response, scramble, stored) ? { ...granted, last: undefined } : denied);
    return { kind: 'send', payload: authSwitchRequest(Plugin.Native, scramble), answer };
  }
  const answer: AskedUser['answer'] = (response) => (cachingSha2Matches(response, scramble, digest) ? { ...granted, last: fastAuthSuccess(context.bare) } : denied);
  return { kind: 'send', payload: authSwitchRequest(Plugin.CachingSha2, scramble), answer };
}

/** Why the session can't go on with the database named. */
function otherDatabase(name: string, { config, agent, database }: ChangeUserContext): Refused | undefined {
  if (name === '' || name === database.name) return undefined;
  try {
    const { name: chosen } = chooseDatabase(config, agent, name);
    return new Refused({ code: 'unsupported', message: `this session is on database '${database.name}'`, hint: `Connect anew for '${chosen}'.` });
  } catch (error) {
    if (error instanceof Refused) return error;
    throw error;
  }
}

interface Asked {
  readonly user: string;
  /** Empty: none named. */
  readonly database: string;
  /** Undefined: not given. */
  readonly collation: number | undefined;
  readonly attributes: ReadonlyMap<string, string>;
}

/** MySQL documentation, "COM_CHANGE_USER"; server: sql/auth/sql_authentication.cc parse_com_change_user_packet. What follows the database may be left out. */
function decodeChangeUser(payload: Buffer, capabilities: Capabilities): Asked {
  const reader = new PacketReader(payload, 1);
  const user = reader.cstring();
  reader.skip(reader.int1());
  const database = reader.cstring();
  const collation = reader.remaining > 0 ? reader.int2() : undefined;
  if (reader.remaining > 0 && has(capabilities, Capability.PluginAuth)) reader.cstring();
  const attributes = reader.remaining > 0 && has(capabilities, Capability.ConnectAttrs) ? readAttributes(reader) : new Map<string, string>();
  reader.finish();
  return { user, database, collation, attributes };
}

const refused = ({ refusal }: Refused): ChangeUserStep & { readonly kind: 'refused' } => ({ kind: 'refused', refusal });
