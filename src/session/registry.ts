/** The sessions of this process: who is there, who may cancel what, and how all of them end. */

import { randomBytes, randomInt, timingSafeEqual } from 'node:crypto';
import type { SessionDirectory, SessionInfo } from '../api/sessions.ts';
import type { Admitted, SessionKey } from '../protocol/door.ts';
import type { Refusal } from '../protocol/refusal.ts';
import { Deadlines } from '../runtime/deadlines.ts';
import type { Cancels, SessionParts } from './parts.ts';
import { Session } from './session.ts';

const IDLE_ROUND_MS = 1_000;
/** Lower-case base32 (RFC 4648) without what looks alike when read aloud. */
const ALPHABET = 'abcdefghijkmnpqrstuvwxyz23456789';

const LOGIN_EXPIRED: Refusal = { code: 'login_expired', message: 'the token that the session was opened by has expired', hint: 'Connect again with a new token.' };

interface Entry {
  readonly session: Session;
  readonly key: SessionKey;
  /** When what it was opened by expires. Milliseconds since 1970. */
  readonly until: number | undefined;
}

export interface KeyReservation {
  newKey(secretBytes: number): SessionKey;
  /** The login is over: it failed, or its session is open. */
  release(): void;
}

export class Registry implements SessionDirectory {
  readonly #parts: SessionParts;
  readonly #byId = new Map<string, Entry>();
  readonly #byProcess = new Map<number, Entry>();
  /** Numbers of logins under way: a client may have been told its own by the first thing it hears. */
  readonly #reserved = new Set<number>();
  readonly #expiries: Deadlines;
  #round: { cancel(): void } | undefined;
  #emptied: (() => void) | undefined;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#expiries = new Deadlines(parts.clock, (id) => this.#byId.get(id)?.session.end(LOGIN_EXPIRED));
    this.#watchIdle();
  }

  open(admitted: Admitted): Session {
    const { journal, metrics } = this.#parts;
    const id = `ses_${randomName(16)}`;
    const session = new Session(id, admitted, this.#parts, () => this.#forget(id));
    const { key, until } = admitted;
    const entry = { session, key, until };
    this.#byId.set(id, entry);
    if (until !== undefined) this.#expiries.add(id, until);
    this.#byProcess.set(key.processId, entry);
    metrics.sessions.inc();
    journal.append({
      kind: 'session.start', session: id, agent: admitted.agent.name, owner: admitted.agent.owner, groups: admitted.agent.groups, database: admitted.database.name,
      protocol: admitted.database.protocol, client: admitted.client.remote, tls: admitted.client.encrypted, attributes: admitted.attributes,
    });
    session.start();
    return session;
  }

  /** Keys for one login. Nobody else gets the number of one before `release`, and after it only if no session has it. */
  reserve(): KeyReservation {
    const own: number[] = [];
    return {
      newKey: (secretBytes) => {
        const processId = this.#unused();
        this.#reserved.add(processId);
        own.push(processId);
        return { processId, secretKey: randomBytes(secretBytes) };
      },
      release: () => {
        for (const processId of own.splice(0)) this.#reserved.delete(processId);
      },
    };
  }

  #unused(): number {
    for (;;) {
      const processId = randomInt(1, 0x7fff_ffff);
      if (!this.#byProcess.has(processId) && !this.#reserved.has(processId)) return processId;
    }
  }

  /** A wrong key does nothing, and takes as long. */
  cancel(processId: number, secretKey: Buffer): void {
    const entry = this.#byProcess.get(processId);
    const expected = entry?.key.secretKey ?? Buffer.alloc(secretKey.length);
    if (expected.length === secretKey.length && timingSafeEqual(expected, secretKey)) entry?.session.cancel();
  }

  /** A number is ours, as it stands in the greeting, or the database's own, as it says itself. Of others' sessions an agent learns nothing. */
  cancelOwn(by: Session, { connection, what }: Cancels): boolean {
    const own = (session: Session | undefined): boolean => session !== undefined && session.agent.name === by.agent.name && session.database === by.database;
    const greeted = this.#byProcess.get(connection)?.session;
    const session = own(greeted) ? greeted : [...this.#byId.values()].find((entry) => entry.session.upstreamId === connection && own(entry.session))?.session;
    if (session === undefined) return false;
    if (what === 'query') session.cancel();
    else session.end({ code: 'session_killed', message: 'the session was ended by another one of the same agent' });
    return true;
  }

  list(): readonly SessionInfo[] {
    return [...this.#byId.values()].map(({ session }) => info(session));
  }

  get(id: string): SessionInfo | undefined {
    const entry = this.#byId.get(id);
    return entry && info(entry.session);
  }

  kill(id: string, reason: string): Promise<boolean> {
    const entry = this.#byId.get(id);
    entry?.session.end({ code: 'session_killed', message: `the session was ended: ${reason}`, hint: 'Ask the owner of this agent before you connect again.' });
    return Promise.resolve(entry !== undefined);
  }

  /** Ends every session of an agent. */
  expel(agent: string, refusal: Refusal): void {
    for (const { session } of this.#byId.values()) if (session.agent.name === agent) session.end(refusal);
  }

  get size(): number {
    return this.#byId.size;
  }

  /** Waits until the sessions that run something are done, at most `ms`, then ends all. */
  async drain(ms: number): Promise<void> {
    const refusal: Refusal = { code: 'shutting_down', message: 'the proxy is shutting down', hint: 'Connect again.' };
    const { clock } = this.#parts;
    const deadline = clock.monotonic() + ms;
    this.#endAll(refusal, (session) => session.state !== 'running');
    while (this.#byId.size > 0 && clock.monotonic() < deadline) {
      await new Promise<void>((resolve) => {
        this.#emptied = resolve;
        clock.after(100, resolve);
      });
      this.#endAll(refusal, (session) => session.state !== 'running');
    }
    this.#endAll(refusal, () => true);
    this.#round?.cancel();
    this.#expiries.close();
  }

  #endAll(refusal: Refusal, which: (session: Session) => boolean): void {
    for (const { session } of this.#byId.values()) if (which(session)) session.end(refusal);
  }

  #forget(id: string): void {
    const entry = this.#byId.get(id);
    if (entry === undefined) return;
    if (entry.until !== undefined) this.#expiries.remove(id, entry.until);
    this.#byId.delete(id);
    this.#byProcess.delete(entry.key.processId);
    this.#parts.metrics.sessions.dec();
    if (this.#byId.size === 0) this.#emptied?.();
  }

  /** One timer for all sessions. */
  #watchIdle(): void {
    const { clock, config } = this.#parts;
    const { idleMs } = config.timeouts;
    if (idleMs === 0) return;
    this.#round = clock.after(IDLE_ROUND_MS, () => {
      const limit = clock.monotonic() - idleMs;
      this.#endAll({ code: 'idle_timeout', message: 'the session was idle for too long', hint: 'Connect again.' }, (session) => session.state === 'idle' && session.lastActive < limit);
      this.#watchIdle();
    });
  }
}

function info(session: Session): SessionInfo {
  return {
    id: session.id, agent: session.agent.name, owner: session.agent.owner, database: session.database.config.name,
    protocol: session.database.config.protocol, client: session.client.remote, tls: session.client.encrypted,
    startedAt: session.startedAt, state: session.state, statements: session.statements,
    ...(session.request === undefined ? {} : { request: session.request }),
  };
}

function randomName(length: number): string {
  return Array.from({ length }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
}
