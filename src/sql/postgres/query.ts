/** SELECT in all its forms, and the WITH queries of every statement. */

import type { CommonTableExpr, LockingClause, Node, SelectStmt, WithClause } from 'libpg-query';
import { judgeOperator } from './calls.ts';
import { outputsOf, targetNames } from './from.ts';
import { defineRelation } from './relations.ts';
import { entriesNamed } from './scope.ts';
import type { Scope } from './scope.ts';
import { as, strings } from './tree.ts';
import type { Handlers, Walk } from './walk.ts';

export const QUERY: Handlers = {
  SelectStmt: (walk, stmt) => {
    walk.found.effect('read');
    rows(walk, stmt);
  },
  WithClause: withClause,
  LockingClause: locking,
};

/** A query without the effect of handing out its rows: the VALUES of an INSERT read nothing. */
export function rows(walk: Walk, stmt: SelectStmt): void {
  walk.claim();
  walk.within({ entries: [], parent: walk.scope }, () => {
    walk.kind('WithClause', stmt.withClause);
    if (stmt.larg === undefined && stmt.rarg === undefined) plainSelect(walk, stmt);
    else setOperation(walk, stmt);
    walk.nodes(stmt.sortClause);
    walk.node(stmt.limitOffset);
    walk.node(stmt.limitCount);
    walk.nodes(stmt.lockingClause);
  });
}

/** UNION and its like: each side is a query of its own, seeing only what is around. */
function setOperation(walk: Walk, stmt: SelectStmt): void {
  const around = walk.scope?.parent;
  for (const side of [stmt.larg, stmt.rarg]) walk.within(around, () => walk.kind('SelectStmt', side));
  nameOutputs(walk, stmt.larg === undefined ? undefined : outputsOf({ SelectStmt: stmt.larg }));
  if (stmt.all !== true) judgeOperator(walk, ['=']);
}

function plainSelect(walk: Walk, stmt: SelectStmt): void {
  walk.nodes(stmt.fromClause);
  walk.nodes(stmt.distinctClause);
  walk.nodes(stmt.targetList);
  walk.node(stmt.whereClause);
  nameOutputs(walk, targetNames(stmt.targetList));
  walk.nodes(stmt.groupClause);
  walk.node(stmt.havingClause);
  walk.nodes(stmt.windowClause);
  walk.nodes(stmt.valuesLists);
  if (stmt.intoClause !== undefined) {
    defineRelation(walk, stmt.intoClause.rel, 'table', 'create');
    insertInto(walk, stmt.intoClause.rel?.relname ?? '');
    walk.nodes(stmt.intoClause.options);
  }
}

/** From here on the query's own output names may be meant too. */
function nameOutputs(walk: Walk, outputs: ReadonlySet<string> | undefined): void {
  walk.scope?.entries.push({ alias: '', sources: [], renamed: [], outputs });
}

/** The rows that SELECT INTO and CREATE TABLE AS put into what they make. */
export function insertInto(walk: Walk, name: string): void {
  walk.found.effect('insert', name);
}

/**
 * Each WITH query sees those before it; with RECURSIVE all of them see all. Otherwise a query may use its own name for
 * the real table: WITH t AS (SELECT * FROM t) reads t.
 */
function withClause(walk: Walk, clause: WithClause): void {
  const ctes = (clause.ctes ?? []).flatMap((node) => as('CommonTableExpr', node) ?? []);
  if (clause.recursive === true) for (const cte of ctes) see(walk, cte);
  for (const cte of ctes) {
    walkCte(walk, cte);
    if (clause.recursive !== true) see(walk, cte);
  }
}

function see(walk: Walk, cte: CommonTableExpr): void {
  const renamed = strings(cte.aliascolnames);
  const outputs = cte.search_clause !== undefined || cte.cycle_clause !== undefined ? undefined : outputsOf(cte.ctequery);
  walk.ctes = { name: cte.ctename ?? '', outputs: renamed.length === 0 ? outputs : new Set(renamed), parent: walk.ctes };
}

function walkCte(walk: Walk, cte: CommonTableExpr): void {
  const around: Scope | undefined = walk.scope?.parent;
  walk.within(around, () => walk.node(cte.ctequery));
  walk.kind('CTESearchClause', cte.search_clause);
  walk.kind('CTECycleClause', cte.cycle_clause);
}

/** FOR UPDATE and its like lock rows of the tables named, or of all. */
function locking(walk: Walk, clause: LockingClause): void {
  walk.found.effect('lock');
  const named: readonly Node[] = clause.lockedRels ?? [];
  const aliases = named.map((node) => as('RangeVar', node)?.relname ?? '');
  for (const _ of named) walk.claim();
  const entries = named.length === 0 ? (walk.scope?.entries ?? []) : aliases.flatMap((alias) => entriesNamed(walk.scope, alias));
  for (const entry of entries) for (const source of entry.sources) walk.found.effect('lock', source.touch.name);
}
