/** WITH: which names stand for queries, and what those show. */

import type { WithClause } from 'libpg-query';
import { as, strings } from '../tree.ts';
import type { Analysis, Answer } from './analysis.ts';
import { NOTHING, union } from './model.ts';
import type { Column, Cte, Ctes, Scope } from './model.ts';

/** Without RECURSIVE each sees those before it, and its own name still means the table. */
export function withQueries(analysis: Analysis, clause: WithClause | undefined, scope: Scope | undefined, around: Ctes | undefined): Ctes | undefined {
  let visible = around;
  const found: Cte[] = [];
  for (const node of clause?.ctes ?? []) {
    const cte = as('CommonTableExpr', node);
    if (cte === undefined) continue;
    const made: Cte = {
      name: cte.ctename ?? '', node: cte, recursive: clause?.recursive === true, scope, around: visible,
      state: 'fresh', refersToItself: false, columns: undefined, taint: NOTHING,
    };
    found.push(made);
    visible = { cte: made, parent: visible };
  }
  if (clause?.recursive === true) for (const cte of found) cte.around = visible;
  for (const cte of found) cteAnswer(analysis, cte);
  return visible;
}

export function cteNamed(ctes: Ctes | undefined, name: string): Cte | undefined {
  for (let at = ctes; at !== undefined; at = at.parent) if (at.cte.name === name) return at.cte;
  return undefined;
}

export function cteAnswer(analysis: Analysis, cte: Cte): Answer {
  if (cte.state === 'running') cte.refersToItself = true;
  if (cte.state !== 'fresh') return { columns: cte.columns, taint: cte.taint };
  cte.state = 'running';
  look(analysis, cte);
  // What a recursive query shows goes round: any column may end up as any other.
  if (cte.refersToItself) {
    cte.columns = cte.columns?.map((column) => ({ ...column, of: cte.taint }));
    look(analysis, cte);
    cte.columns = cte.columns?.map((column) => ({ ...column, of: cte.taint, bare: false }));
  }
  cte.state = 'done';
  return { columns: cte.columns, taint: cte.taint };
}

function look(analysis: Analysis, cte: Cte): void {
  const answer = analysis.query(cte.node.ctequery, cte.scope, cte.around);
  cte.taint = union(cte.taint, answer.taint);
  cte.columns = columnsOf(cte, answer.columns);
}

function columnsOf({ node }: Cte, columns: readonly Column[] | undefined): readonly Column[] | undefined {
  if (node.search_clause !== undefined || node.cycle_clause !== undefined) return undefined;
  const names = strings(node.aliascolnames);
  return columns?.map((column, index) => ({ ...column, name: names[index] ?? column.name }));
}
