/** COM_CHANGE_USER: the agent says again who it is, on a session that goes on. It can't become anybody else, since the login at the database is its own. */

import type { Config, DatabaseConfig } from '../config/config.ts';
import type { Agent } from '../identity/agent.ts';
import { type Refusal, Refused } from '../protocol/refusal.ts';
import { Authentication, newScramble, type AuthenticationStep } from './authentication.ts';
import { chooseDatabase } from './choose-database.ts';
import { unableToAsk, wrongPassword } from './login.ts';
import { type Capabilities, Capability, has } from './packets/capabilities.ts';
import { PacketReader } from './packets/reader.ts';
import { readAttributes } from './packets/handshake-response.ts';

export interface ChangeUserContext {
  readonly config: Config;
  readonly mockSecret: Buffer;
  /** The session's own. */
  readonly agent: Agent;
  readonly database: DatabaseConfig;
  /** In force towards the agent. */
  readonly capabilities: Capabilities;
  readonly encrypted: boolean;
  /** `host:port`, for the server's own words. */
  readonly remote: string;
}

/**
 * `send`: the payload must go to the client, with the next sequence id, and its answer to `next`. `granted`: `last`, if any, goes before the OK, which the
 * database's answer to COM_RESET_CONNECTION and COM_INIT_DB of `schema` gives. `refused`: the session is as it was (a server would close it).
 */
export type ChangeUserStep =
  | { readonly kind: 'send'; readonly payload: Buffer }
  | { readonly kind: 'granted'; readonly last: Buffer | undefined; readonly schema: string; readonly attributes: ReadonlyMap<string, string> }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** `start` with the command, then `next` with each answer of the client until it is over. Both may throw Malformed. */
export class ChangeUser {
  readonly #context: ChangeUserContext;
  #authentication: Authentication | undefined;
  #attributes: ReadonlyMap<string, string> = new Map();

  constructor(context: ChangeUserContext) {
    this.#context = context;
  }

  /** @param payload of COM_CHANGE_USER, its command byte included */
  start(payload: Buffer): ChangeUserStep {
    const { agent, database, config, capabilities, encrypted, mockSecret, remote } = this.#context;
    const asked = decodeChangeUser(payload, capabilities);
    if (asked.user !== agent.name) return refused(wrongPassword(asked.user, hostOf(remote)));
    try {
      const chosen = chooseDatabase(config, agent, asked.database === '' ? database.name : asked.database);
      if (chosen !== database) throw new Refused({ code: 'unsupported', message: `this session is on database '${database.name}'`, hint: `Connect anew for '${chosen.name}'.` });
    } catch (error) {
      if (error instanceof Refused) return refused(error);
      throw error;
    }
    this.#attributes = asked.attributes;
    // The response to the greeting's scramble isn't looked at: a recorded one must open nothing.
    this.#authentication = new Authentication({
      user: agent.name, agent, others: [agent], mockSecret, scramble: newScramble(), plugin: '', response: Buffer.alloc(0), switches: has(capabilities, Capability.PluginAuth), encrypted,
    });
    return this.#step(this.#authentication.start());
  }

  async next(payload: Buffer): Promise<ChangeUserStep> {
    if (this.#authentication === undefined) throw new Error('no COM_CHANGE_USER is under way');
    return this.#step(await this.#authentication.next(payload));
  }

  #step(step: AuthenticationStep): ChangeUserStep {
    if (step.kind === 'send') return step;
    if (step.kind === 'unable') return refused(unableToAsk());
    const { agent, database, remote } = this.#context;
    if (step.agent === undefined) return refused(wrongPassword(agent.name, hostOf(remote)));
    return { kind: 'granted', last: step.last, schema: database.upstream.database, attributes: this.#attributes };
  }
}

interface AskedUser {
  readonly user: string;
  /** Empty: none named. */
  readonly database: string;
  readonly attributes: ReadonlyMap<string, string>;
}

/** MySQL documentation, "COM_CHANGE_USER"; server: sql/auth/sql_authentication.cc parse_com_change_user_packet. What follows the database may be left out. */
function decodeChangeUser(payload: Buffer, capabilities: Capabilities): AskedUser {
  const reader = new PacketReader(payload, 1);
  const user = reader.cstring();
  reader.skip(reader.int1());
  const database = reader.cstring();
  if (reader.remaining > 0) reader.int2();
  if (reader.remaining > 0 && has(capabilities, Capability.PluginAuth)) reader.cstring();
  const attributes = reader.remaining > 0 && has(capabilities, Capability.ConnectAttrs) ? readAttributes(reader) : new Map<string, string>();
  reader.finish();
  return { user, database, attributes };
}

const refused = ({ refusal }: Refused): ChangeUserStep => ({ kind: 'refused', refusal });

const hostOf = (remote: string): string => remote.replace(/:\d+$/, '');
