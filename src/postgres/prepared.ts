/**
 * What the names of a session stand for: prepared statements, portals and cursors.
 *
 * The truth is the server's, and it comes with the replies: a Parse that is skipped after an error leaves the old
 * text under its name. So a definition counts as confirmed only when its reply has come. Until then it may only be
 * relied on inside its own segment (the messages up to the next Sync), where everything after a failed message is skipped.
 */

import type { Veil } from '../masking/veil.ts';
import type { SessionNameUse } from '../sql/facts.ts';
import { Statement, type StatementText } from '../protocol/statement.ts';

/** A portal is one run of a statement, with its parameters. A cursor is a portal made by DECLARE. */
export type Meaning = StatementText | Statement;

type Space = 'statement' | 'portal';

/** A change to the names that the server hasn't confirmed yet. */
export interface Change {
  readonly segment: number;
  readonly space: Space;
  /** As nameKey gives it. Undefined: all of this space. */
  readonly name: string | undefined;
  /** Undefined: the name is dropped. */
  readonly meaning: Meaning | undefined;
  /** A cursor WITH HOLD outlives its transaction. */
  readonly hold?: boolean;
  /** Of a prepared statement: how it was sent. */
  readonly veil?: Veil | undefined;
  /** Prepared by SQL: its text is a part of this one, which was sent. */
  readonly within?: string;
  /** The client has it still, the server not any more: we have closed it to prepare it in another form. */
  readonly absent?: boolean;
}

export type Lookup<T extends Meaning> = { readonly meaning: T; readonly veil: Veil | undefined; readonly within?: string | undefined } | 'unknown' | 'unsettled';

/** Bytes of a name that count: the server cuts SQL's names to these and compares those of the protocol by them (NAMEDATALEN - 1; dynahash.c string_compare). */
const NAME_BYTES = 63;

/** The same for two names exactly when the server takes them for the same. */
export function nameKey(name: string): string {
  // No UTF-16 unit needs more than three bytes.
  if (name.length <= NAME_BYTES / 3) return name;
  const bytes = Buffer.from(name, 'utf8');
  return bytes.length <= NAME_BYTES ? name : bytes.toString('latin1', 0, NAME_BYTES);
}

export class Names {
  readonly #confirmed = { statement: new Map<string, Change>(), portal: new Map<string, Change>() };
  readonly #underway: Record<Space, Change[]> = { statement: [], portal: [] };
  /** Number of the segment that messages belong to now. */
  segment = 0;
  /** Was anything ever prepared for somebody who sees masks? */
  veiled = false;

  statement(name: string): Lookup<StatementText> {
    return this.lookup('statement', nameKey(name)) as Lookup<StatementText>;
  }

  portal(name: string): Lookup<Statement> {
    return this.lookup('portal', nameKey(name)) as Lookup<Statement>;
  }

  /**
   * The prepared statement as the server will have it when what was sent has reached it.
   * @param name as nameKey gives it
   */
  atServer(name: string): Change | undefined {
    const change = this.#underway.statement.findLast(({ name: other }) => other === undefined || other === name);
    return change ?? this.#confirmed.statement.get(name);
  }

  /** Notes a change that is about to be asked of the server. */
  begin(change: Change): void {
    this.#underway[change.space].push(change);
    this.veiled ||= change.veil !== undefined;
  }

  /** The server did it. */
  confirm(change: Change): void {
    this.#remove(change);
    const map = this.#confirmed[change.space];
    if (change.name === undefined) map.clear();
    else if (change.meaning === undefined) map.delete(change.name);
    else map.set(change.name, change);
  }

  /** The server skipped it, or it was never sent. */
  abandon(change: Change): void {
    this.#remove(change);
  }

  /** Portals and cursors end with their transaction (documentation, "Extended Query"); those WITH HOLD stay. */
  endTransaction(): void {
    for (const [name, { hold }] of this.#confirmed.portal) {
      if (hold !== true) this.#confirmed.portal.delete(name);
    }
  }

  #remove(change: Change): void {
    // Replies come in the order of the messages: nearly always the first.
    const underway = this.#underway[change.space];
    const index = underway.indexOf(change);
    if (index === 0) underway.shift();
    else if (index > 0) underway.splice(index, 1);
  }

  /** @param name as nameKey gives it */
  lookup(space: Space, name: string): Lookup<Meaning> {
    let unsettled = false;
    const underway = this.#underway[space];
    for (let index = underway.length - 1; index >= 0; index--) {
      const change = underway[index] as Change;
      if (change.name !== undefined && change.name !== name) continue;
      if (change.segment === this.segment) return found(change);
      unsettled = true;
    }
    if (unsettled) return 'unsettled';
    return found(this.#confirmed[space].get(name));
  }
}

function found(change: Change | undefined): Lookup<Meaning> {
  return change?.meaning === undefined ? 'unknown' : { meaning: change.meaning, veil: change.veil, within: change.within };
}

const keyOrAll = (name: string | undefined): string | undefined => (name === undefined ? undefined : nameKey(name));

/** The changes to the names that a completed SQL command makes: PREPARE, DEALLOCATE, DECLARE, CLOSE, DISCARD. */
export function changesOf(statement: Statement, uses: readonly SessionNameUse[], segment: number, text: (sql: string) => StatementText): Change[] {
  return uses.flatMap((use): Change[] => {
    switch (use.use) {
      case 'prepare':
        return [{ segment, space: 'statement', name: nameKey(use.name), meaning: text(use.text), veil: statement.veil, within: statement.source.text }];
      case 'deallocate':
        return [{ segment, space: 'statement', name: keyOrAll(use.name), meaning: undefined }];
      case 'declare':
        return [{ segment, space: 'portal', name: nameKey(use.name), meaning: cursorOf(statement), hold: use.hold }];
      case 'close':
        return [{ segment, space: 'portal', name: keyOrAll(use.name), meaning: undefined }];
      case 'discard':
        if (use.what !== 'all') return [];
        return [{ segment, space: 'statement', name: undefined, meaning: undefined }, { segment, space: 'portal', name: undefined, meaning: undefined }];
      case 'execute':
      case 'fetch':
        return [];
    }
  });
}

/** A run of the cursor: record, context, veil, detection and meter are those of its DECLARE, but what else that batch did is not done again. */
function cursorOf({ source, arrival, record, context, veil, detection, meter }: Statement): Statement {
  const cursor = new Statement(source, arrival);
  cursor.cursor = true;
  cursor.record = record;
  cursor.context = context;
  cursor.veil = veil;
  cursor.detection = detection;
  cursor.meter = meter;
  return cursor;
}
