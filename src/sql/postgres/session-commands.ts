/** Commands about the session itself: settings, transactions, prepared statements, cursors, notifications. */

import type { DeclareCursorStmt, ExplainStmt, FetchStmt, Node, PrepareStmt, TransactionStmt } from 'libpg-query';
import type { Effect, TransactionCommand } from '../facts.ts';
import { judgeSet } from './settings.ts';
import { as, constant } from './tree.ts';
import type { Handlers, Walk } from './walk.ts';

export const SESSION: Handlers = {
  VariableSetStmt: judgeSet,
  VariableShowStmt: (walk, stmt) => walk.found.effect('session', stmt.name === 'all' ? '*' : stmt.name),
  TransactionStmt: transaction,
  ConstraintsSetStmt: (walk, stmt) => {
    walk.found.effect('transaction');
    for (const _ of stmt.constraints ?? []) walk.claim();
  },
  PrepareStmt: prepare,
  ExecuteStmt: (walk, stmt) => {
    const name = stmt.name ?? '';
    walk.found.names.push({ use: 'execute', name });
    // What it does beside is what the name stands for, which the session adds.
    walk.found.effect('session', `prepared statement ${name}`);
    walk.nodes(stmt.params);
  },
  DeallocateStmt: (walk, stmt) => {
    walk.found.effect('session');
    walk.found.names.push({ use: 'deallocate', name: stmt.isall === true ? undefined : (stmt.name ?? '') });
  },
  DeclareCursorStmt: declare,
  FetchStmt: fetch,
  ClosePortalStmt: (walk, stmt) => {
    walk.found.effect('session');
    walk.found.names.push({ use: 'close', name: stmt.portalname });
  },
  DiscardStmt: (walk, stmt) => {
    walk.found.effect('session');
    const what = DISCARD[stmt.target ?? 'DISCARD_ALL'];
    walk.found.names.push({ use: 'discard', what });
    if (what === 'all') walk.found.settings.push({ name: '*', scope: 'session' });
  },
  NotifyStmt: (walk, stmt) => walk.found.effect('notify', stmt.conditionname),
  ListenStmt: (walk, stmt) => walk.found.effect('notify', stmt.conditionname),
  UnlistenStmt: (walk, stmt) => walk.found.effect('session', stmt.conditionname),
  ExplainStmt: explain,
};

const DISCARD = { DISCARD_ALL: 'all', DISCARD_PLANS: 'plans', DISCARD_SEQUENCES: 'sequences', DISCARD_TEMP: 'temporary' } as const;

const COMMANDS: Readonly<Record<string, TransactionCommand>> = {
  TRANS_STMT_BEGIN: 'begin',
  TRANS_STMT_START: 'begin',
  TRANS_STMT_COMMIT: 'commit',
  TRANS_STMT_ROLLBACK: 'rollback',
  TRANS_STMT_SAVEPOINT: 'savepoint',
  TRANS_STMT_RELEASE: 'release',
  TRANS_STMT_ROLLBACK_TO: 'rollback_to',
  TRANS_STMT_PREPARE: 'prepare',
  TRANS_STMT_COMMIT_PREPARED: 'commit_prepared',
  TRANS_STMT_ROLLBACK_PREPARED: 'rollback_prepared',
};

const TWO_PHASE: ReadonlySet<TransactionCommand> = new Set<TransactionCommand>(['prepare', 'commit_prepared', 'rollback_prepared']);

function transaction(walk: Walk, stmt: TransactionStmt): void {
  walk.found.effect('transaction');
  const command = COMMANDS[stmt.kind ?? ''];
  if (command === undefined) walk.found.effect('unknown', undefined, `a transaction command that isn't understood: ${String(stmt.kind)}`);
  else walk.found.transaction = command;
  if (command !== undefined && TWO_PHASE.has(command)) walk.found.effect('admin', `prepared transaction ${stmt.gid ?? ''}`, 'prepared transactions outlive their sessions, with every lock, and belong to all of them');
  for (const node of stmt.options ?? []) {
    const option = as('DefElem', node);
    const value = constant(option?.arg);
    walk.found.settings.push({ name: option?.defname ?? '', ...(value === undefined ? {} : { value }), scope: 'transaction' });
  }
}

function prepare(walk: Walk, stmt: PrepareStmt): void {
  walk.found.effect('session');
  walk.found.names.push({ use: 'prepare', name: stmt.name ?? '', text: walk.around.preparedText(stmt.query) });
  walk.nodes(stmt.argtypes);
  walk.node(stmt.query);
}

/** parsenodes.h: CURSOR_OPT_HOLD */
const CURSOR_HOLD = 0x0020;

function declare(walk: Walk, stmt: DeclareCursorStmt): void {
  walk.found.names.push({ use: 'declare', name: stmt.portalname ?? '', hold: ((stmt.options ?? 0) & CURSOR_HOLD) !== 0 });
  walk.node(stmt.query);
}

/** The name may be a portal of the wire protocol too: FETCH and MOVE run it. The session adds what it does. */
function fetch(walk: Walk, stmt: FetchStmt): void {
  const name = stmt.portalname ?? '';
  walk.found.effect('read');
  walk.found.names.push({ use: 'fetch', name });
}

/** What planning alone may still do: the planner folds constants by calling functions that claim to be immutable or stable. */
const PLANNED: ReadonlySet<Effect> = new Set(['read', 'routine', 'dynamic', 'server_io', 'admin', 'unknown']);

function explain(walk: Walk, stmt: ExplainStmt): void {
  const inside = walk.apart(() => walk.node(stmt.query));
  if (runs(stmt.options)) return walk.found.absorb(inside);
  walk.found.effect('read');
  for (const [name, touch] of inside.touches) {
    if (!touch.known && !touch.read) inside.touches.delete(name);
    touch.read = true;
    touch.written = false;
  }
  inside.unbounded = false;
  inside.settings.length = 0;
  const named = inside.names.filter((name) => name.use === 'execute');
  inside.names.length = 0;
  inside.names.push(...named);
  walk.found.absorb(inside, (effect) => PLANNED.has(effect));
}

/** True unless every ANALYZE among the options says no in so many words. */
function runs(options: readonly Node[] | undefined): boolean {
  return (options ?? []).some((node) => {
    const option = as('DefElem', node);
    return option?.defname?.toLowerCase() === 'analyze' && !NO.has((constant(option.arg) ?? '').toLowerCase());
  });
}

const NO: ReadonlySet<string> = new Set(['false', 'off', '0']);
