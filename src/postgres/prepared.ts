/**
 * What the names of a session stand for: prepared statements, portals and cursors.
 *
 * The truth is the server's, and it comes with the replies: a Parse that is skipped after an error leaves the old
 * text under its name. So a definition counts as confirmed only when its reply has come. Until then it may only be
 * relied on inside its own segment (the messages up to the next Sync), where everything after a failed message is skipped.
 */

import type { SessionNameUse } from '../sql/facts.ts';
import type { Statement, StatementText } from '../protocol/statement.ts';

/** A portal is one run of a statement, with its parameters. A cursor is a portal made by DECLARE. */
export type Meaning = StatementText | Statement;

type Space = 'statement' | 'portal';

/** A change to the names that the server hasn't confirmed yet. */
export interface Change {
  readonly segment: number;
  readonly space: Space;
  /** Undefined: all of this space. */
  readonly name: string | undefined;
  /** Undefined: the name is dropped. */
  readonly meaning: Meaning | undefined;
}

export type Lookup<T extends Meaning> = { readonly meaning: T } | 'unknown' | 'unsettled';

export class Names {
  readonly #confirmed = { statement: new Map<string, StatementText>(), portal: new Map<string, Statement>() };
  #underway: Change[] = [];
  /** Number of the segment that messages belong to now. */
  segment = 0;

  statement(name: string): Lookup<StatementText> {
    return this.#lookup('statement', name) as Lookup<StatementText>;
  }

  portal(name: string): Lookup<Statement> {
    return this.#lookup('portal', name) as Lookup<Statement>;
  }

  /** Notes a change that is about to be asked of the server. */
  begin(change: Change): void {
    this.#underway.push(change);
  }

  /** The server did it. */
  confirm(change: Change): void {
    this.#remove(change);
    const map = this.#confirmed[change.space] as Map<string, Meaning>;
    if (change.name === undefined) map.clear();
    else if (change.meaning === undefined) map.delete(change.name);
    else map.set(change.name, change.meaning);
  }

  /** The server skipped it, or it was never sent. */
  abandon(change: Change): void {
    this.#remove(change);
  }

  /** Portals and cursors end with their transaction (documentation, "Extended Query"); those WITH HOLD stay. */
  endTransaction(): void {
    for (const [name, portal] of this.#confirmed.portal) {
      if (!isHoldable(portal, name)) this.#confirmed.portal.delete(name);
    }
  }

  #remove(change: Change): void {
    // Replies come in the order of the messages: nearly always the first.
    const index = this.#underway.indexOf(change);
    if (index === 0) this.#underway.shift();
    else if (index > 0) this.#underway.splice(index, 1);
  }

  #lookup(space: Space, name: string): Lookup<Meaning> {
    let unsettled = false;
    for (let index = this.#underway.length - 1; index >= 0; index--) {
      const change = this.#underway[index] as Change;
      if (change.space !== space || (change.name !== undefined && change.name !== name)) continue;
      if (change.segment === this.segment) return change.meaning === undefined ? 'unknown' : { meaning: change.meaning };
      unsettled = true;
    }
    if (unsettled) return 'unsettled';
    const meaning = this.#confirmed[space].get(name);
    return meaning === undefined ? 'unknown' : { meaning };
  }
}

function isHoldable(portal: Statement, name: string): boolean {
  return portal.names.some((uses) => uses.some((use) => use.use === 'declare' && use.hold && use.name === name));
}

/** The changes to the names that a completed SQL command makes: PREPARE, DEALLOCATE, DECLARE, CLOSE, DISCARD. */
export function changesOf(statement: Statement, uses: readonly SessionNameUse[], segment: number, text: (sql: string) => StatementText): Change[] {
  return uses.flatMap((use): Change[] => {
    switch (use.use) {
      case 'prepare':
        return [{ segment, space: 'statement', name: use.name, meaning: text(use.text) }];
      case 'deallocate':
        return [{ segment, space: 'statement', name: use.name, meaning: undefined }];
      case 'declare':
        return [{ segment, space: 'portal', name: use.name, meaning: statement }];
      case 'close':
        return [{ segment, space: 'portal', name: use.name, meaning: undefined }];
      case 'discard':
        if (use.what !== 'all') return [];
        return [{ segment, space: 'statement', name: undefined, meaning: undefined }, { segment, space: 'portal', name: undefined, meaning: undefined }];
      case 'execute':
      case 'fetch':
        return [];
    }
  });
}
