/** Commands that move rows in bulk, run code outside a query, or maintain what is there. */

import type { CopyStmt, CreateTableAsStmt, DoStmt, LockStmt, Node, RefreshMatViewStmt, VacuumStmt } from 'libpg-query';
import { defineRelation, entryOf, relationName, touchRelation } from './relations.ts';
import { insertInto } from './query.ts';
import { as, constant, objectWord, strings } from './tree.ts';
import type { Handlers, Walk } from './walk.ts';

export const TRANSFER: Handlers = {
  CopyStmt: copy,
  CreateTableAsStmt: createTableAs,
  RefreshMatViewStmt: refresh,
  DoStmt: doBlock,
  CallStmt: (walk, stmt) => {
    walk.found.effect('routine', `procedure ${strings(stmt.funccall?.funcname).join('.')}`, 'CALL runs a procedure');
    walk.kind('FuncCall', stmt.funccall);
  },
  LockStmt: lock,
  VacuumStmt: vacuum,
  ClusterStmt: (walk, stmt) => maintain(walk, stmt.relation === undefined ? [] : [{ RangeVar: stmt.relation }]),
  ReindexStmt: (walk, stmt) => {
    // An index, a table or a whole schema: the name alone says which index.
    if (stmt.kind === 'REINDEX_OBJECT_TABLE' && stmt.relation !== undefined) return maintain(walk, [{ RangeVar: stmt.relation }]);
    if (stmt.relation !== undefined) walk.claim();
    walk.found.effect('maintenance', `${(stmt.kind ?? '').replace('REINDEX_OBJECT_', '').toLowerCase()} ${stmt.relation?.relname ?? stmt.name ?? ''}`.trim());
  },
  CheckPointStmt: (walk) => walk.found.effect('admin', undefined, 'CHECKPOINT works on the whole server'),
  LoadStmt: (walk, stmt) => {
    walk.found.effect('server_io', stmt.filename, 'LOAD loads a library file of the server');
    walk.found.effect('admin', stmt.filename);
  },
  TruncateStmt: (walk, stmt) => {
    for (const node of stmt.relations ?? []) {
      const range = as('RangeVar', node);
      if (range !== undefined) for (const source of touchRelation(walk, range, 'truncate', true)) source.touch.columns.add('*');
    }
    if (stmt.restart_seqs === true) walk.found.effect('alter', undefined, 'RESTART IDENTITY resets sequences');
    if (stmt.behavior === 'DROP_CASCADE') walk.found.effect('truncate', undefined, 'CASCADE empties every table that refers to these');
  },
};

function copy(walk: Walk, stmt: CopyStmt): void {
  const incoming = stmt.is_from === true;
  walk.found.effect(incoming ? 'import' : 'export');
  if (stmt.filename !== undefined) walk.found.effect('server_io', stmt.filename, stmt.is_program === true ? 'COPY runs a program on the server' : 'COPY uses a file of the server');
  if (stmt.relation !== undefined) copyRelation(walk, stmt, incoming);
  if (stmt.query !== undefined) {
    const inside = walk.apart(() => walk.node(stmt.query));
    for (const touch of inside.touches.values()) if (touch.read) walk.found.effect('export', touch.name);
    walk.found.absorb(inside);
  }
}

function copyRelation(walk: Walk, stmt: CopyStmt, incoming: boolean): void {
  if (stmt.relation === undefined) return;
  const sources = touchRelation(walk, stmt.relation, incoming ? 'insert' : 'read', incoming);
  for (const { touch } of sources) {
    walk.found.effect(incoming ? 'import' : 'export', touch.name);
    for (const column of stmt.attlist === undefined ? ['*'] : strings(stmt.attlist)) touch.columns.add(column);
  }
  walk.within({ entries: [entryOf(stmt.relation, sources)], parent: undefined }, () => walk.node(stmt.whereClause));
}

function createTableAs(walk: Walk, stmt: CreateTableAsStmt): void {
  defineRelation(walk, stmt.into?.rel, objectWord(stmt.objtype), 'create');
  if (stmt.into?.skipData !== true) insertInto(walk, stmt.into?.rel?.relname ?? '');
  walk.node(stmt.query);
}

/** A refresh runs the view's query and replaces its rows. */
function refresh(walk: Walk, stmt: RefreshMatViewStmt): void {
  walk.found.effect('maintenance');
  if (stmt.relation === undefined) return;
  const { relname, schemaname } = stmt.relation;
  for (const { touch } of touchRelation(walk, stmt.relation, 'maintenance', true)) touch.columns.add('*');
  for (const relation of walk.catalog.relations(schemaname, relname ?? '')) {
    const inside = relation.definition === undefined ? undefined : walk.around.view(relation);
    if (inside !== undefined) walk.found.absorb(inside);
  }
}

function doBlock(walk: Walk, stmt: DoStmt): void {
  const language = constant((stmt.args ?? []).flatMap((node) => as('DefElem', node) ?? []).find((option) => option.defname === 'language')?.arg);
  walk.found.effect('dynamic', `language ${language ?? 'plpgsql'}`, 'DO runs a block of code that isn\'t looked into');
  walk.found.effect('routine', undefined, 'DO runs a block of code that isn\'t looked into');
}

function lock(walk: Walk, stmt: LockStmt): void {
  for (const node of stmt.relations ?? []) {
    const range = as('RangeVar', node);
    if (range === undefined) continue;
    for (const { touch } of touchRelation(walk, range, 'lock', false)) touch.read = false;
  }
}

function vacuum(walk: Walk, stmt: VacuumStmt): void {
  const relations = (stmt.rels ?? []).flatMap((node) => as('VacuumRelation', node)?.relation ?? []);
  maintain(walk, relations.map((relation) => ({ RangeVar: relation })));
}

/** Rows may move but what they say stays: nothing is read out or written. Functions in index expressions and statistics do run. */
function maintain(walk: Walk, relations: readonly Node[]): void {
  walk.found.effect('maintenance', relations.length === 0 ? 'every table' : undefined);
  for (const node of relations) {
    const range = as('RangeVar', node);
    if (range === undefined) continue;
    walk.claim();
    const candidates = walk.catalog.relations(range.schemaname, range.relname ?? '');
    if (candidates.length === 0) walk.found.unresolved = true;
    const names = candidates.length === 0 ? [range.relname ?? ''] : candidates.map(relationName);
    for (const name of names) {
      walk.found.effect('maintenance', name);
      walk.found.touch(name, candidates.length > 0);
    }
  }
}
