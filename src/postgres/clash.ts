/**
 * Names whose meaning changes inside the very step that uses them: `[DEALLOCATE p] [PREPARE p AS …] [Bind p]` in one
 * pipeline. What p will be is known only when the server has run the first two, so the third can't be judged. Pure.
 */

import type { Refusal } from '../protocol/refusal.ts';
import type { Statement } from '../protocol/statement.ts';
import type { SessionNameUse } from '../sql/facts.ts';
import type { Reaction } from './analysis.ts';
import { type Change, changesOf, nameKey } from './prepared.ts';

/** A change by a message of the protocol is known to whom looks up the same name behind it; one by SQL isn't. */
interface Seen extends Pick<Change, 'space' | 'name'> {
  readonly by: 'protocol' | 'sql';
}

/**
 * The first statement that relies on such a name, with a refusal for it.
 * @param namesOf what each statement's commands name, as far as it was understood
 */
export function clash(reactions: readonly Reaction[], namesOf: (statement: Statement) => readonly (readonly SessionNameUse[])[]): { readonly statement: Statement; readonly refusal: Refusal } | undefined {
  const seen: Seen[] = [];
  const latest = (space: Change['space'], name: string): Seen['by'] | undefined =>
    seen.findLast((change) => change.space === space && (change.name === undefined || change.name === name))?.by;
  for (const reaction of reactions) {
    if (reaction.kind === 'bind' && latest('statement', reaction.from) === 'sql') return { statement: reaction.change.meaning as Statement, refusal: unsettled(reaction.from) };
    if ('change' in reaction) seen.push({ space: reaction.change.space, name: reaction.change.name, by: 'protocol' });
    if (reaction.kind !== 'execute') continue;
    const { statement, portal } = reaction;
    if (latest('portal', portal) === 'sql') return { statement, refusal: unsettled(portal) };
    for (const uses of statement.cursor ? [] : namesOf(statement)) {
      const relied = uses.flatMap((use) => (use.use === 'execute' || use.use === 'fetch' ? [use] : []))
        .find(({ use, name }) => latest(use === 'execute' ? 'statement' : 'portal', nameKey(name)) !== undefined);
      if (relied !== undefined) return { statement, refusal: unsettled(relied.name) };
      for (const { space, name } of changesOf(statement, uses, 0, () => statement.source)) seen.push({ space, name, by: 'sql' });
    }
  }
  return undefined;
}

const unsettled = (name: string): Refusal => ({
  code: 'unsupported', message: `what ${JSON.stringify(name)} stands for changes earlier in the same pipeline, so what it would run can't be judged`,
  hint: 'Send Sync and wait for its answer between changing a name and using it.',
});
