/** CREATE: what comes into being, and what its parts do: defaults, checks, index expressions, rule actions, bodies. */

import type { CreateFunctionStmt, CreateTrigStmt, IndexStmt, Node, RuleStmt, VariableSetStmt } from 'libpg-query';
import type { Effect } from '../facts.ts';
import { defineRelation, entryOf, touchRelation } from './relations.ts';
import { readColumn } from './scope.ts';
import type { Entry } from './scope.ts';
import { judgeSet } from './settings.ts';
import { as, constant, objectWord, roleName, strings, typeText } from './tree.ts';
import type { Handlers, Walk } from './walk.ts';

/** Parts of definitions that mean nothing beyond what they hold. */
export const DEFINITION_PARTS: ReadonlySet<string> = new Set([
  'ColumnDef', 'Constraint', 'DefElem', 'IndexElem', 'PartitionElem', 'PartitionSpec', 'PartitionBoundSpec', 'PartitionRangeDatum', 'TableLikeClause',
  'FunctionParameter', 'ObjectWithArgs', 'AccessPriv', 'RoleSpec', 'StatsElem', 'PublicationObjSpec', 'PublicationTable', 'CreateOpClassItem',
  'ReplicaIdentityStmt', 'ATAlterConstraint', 'TriggerTransition',
]);

const dotted = (names: readonly Node[] | undefined): string => strings(names).join('.');

/** A handler that names one effect (or several) on one object and walks whatever the statement holds. */
export function plain<T>(kind: string, effects: readonly Effect[], object: (stmt: T) => string, because?: string): (walk: Walk, stmt: T) => void {
  return (walk, stmt) => {
    for (const effect of effects) walk.found.effect(effect, object(stmt).trim(), because);
    walk.fields(kind, stmt);
  };
}

export const DEFINITION: Handlers = {
  CreateStmt: (walk, stmt) => {
    defineRelation(walk, stmt.relation, 'table', 'create');
    const entry = newTable(stmt.relation?.relname ?? '');
    const { relation: _, ...rest } = stmt;
    walk.within({ entries: [entry], parent: undefined }, () => walk.fields('CreateStmt', rest));
  },
  CreateForeignTableStmt: (walk, stmt) => {
    walk.found.effect('server_io', `server ${stmt.servername ?? ''}`, 'the table\'s rows are on another server');
    walk.kind('CreateStmt', stmt.base);
    walk.nodes(stmt.options);
  },
  IndexStmt: index,
  ViewStmt: (walk, stmt) => {
    defineRelation(walk, stmt.view, 'view', 'create');
    if (stmt.replace === true) walk.found.effect('alter', `view ${stmt.view?.relname ?? ''}`, 'OR REPLACE may change a view that exists');
    walk.node(stmt.query);
    walk.nodes(stmt.options);
  },
  RuleStmt: rule,
  CreateTrigStmt: trigger,
  CreateFunctionStmt: createFunction,
  CreateSeqStmt: (walk, stmt) => {
    defineRelation(walk, stmt.sequence, 'sequence', 'create');
    walk.nodes(stmt.options);
  },
  CompositeTypeStmt: (walk, stmt) => {
    walk.claim();
    walk.found.effect('create', `type ${stmt.typevar?.relname ?? ''}`);
    walk.nodes(stmt.coldeflist);
  },
  CreatePolicyStmt: (walk, stmt) => {
    const { table, ...rest } = stmt;
    const sources = table === undefined ? [] : touchRelation(walk, table, 'privilege', true);
    walk.found.effect('create', `policy ${stmt.policy_name ?? ''}`);
    walk.within({ entries: table === undefined ? [] : [entryOf(table, sources)], parent: undefined }, () => walk.fields('CreatePolicyStmt', rest));
  },
  CreateStatsStmt: plain('CreateStatsStmt', ['create'], (stmt) => `statistics ${dotted(stmt.defnames)}`),
  CreateSchemaStmt: plain('CreateSchemaStmt', ['create'], (stmt) => `schema ${stmt.schemaname ?? roleName(stmt.authrole)}`),
  CreateEnumStmt: plain('CreateEnumStmt', ['create'], (stmt) => `type ${dotted(stmt.typeName)}`),
  CreateRangeStmt: plain('CreateRangeStmt', ['create'], (stmt) => `type ${dotted(stmt.typeName)}`),
  CreateDomainStmt: plain('CreateDomainStmt', ['create'], (stmt) => `domain ${dotted(stmt.domainname)}`),
  DefineStmt: plain('DefineStmt', ['create'], (stmt) => `${objectWord(stmt.kind)} ${dotted(stmt.defnames)}`),
  CreateOpClassStmt: plain('CreateOpClassStmt', ['create'], (stmt) => `operator class ${dotted(stmt.opclassname)}`),
  CreateOpFamilyStmt: plain('CreateOpFamilyStmt', ['create'], (stmt) => `operator family ${dotted(stmt.opfamilyname)}`),
  CreateConversionStmt: plain('CreateConversionStmt', ['create'], (stmt) => `conversion ${dotted(stmt.conversion_name)}`),
  CreateCastStmt: plain('CreateCastStmt', ['create'], (stmt) => `cast ${typeText(stmt.sourcetype)} as ${typeText(stmt.targettype)}`),
  CreateTransformStmt: plain('CreateTransformStmt', ['create'], (stmt) => `transform ${typeText(stmt.type_name)}`),
  CreateTableSpaceStmt: plain('CreateTableSpaceStmt', ['create', 'admin', 'server_io'], (stmt) => `tablespace ${stmt.tablespacename ?? ''}`),
  CreatedbStmt: plain('CreatedbStmt', ['create', 'admin'], (stmt) => `database ${stmt.dbname ?? ''}`),
  CreateExtensionStmt: plain('CreateExtensionStmt', ['create', 'admin'], (stmt) => `extension ${stmt.extname ?? ''}`, 'an extension brings code into the database'),
  CreatePLangStmt: plain('CreatePLangStmt', ['create', 'admin'], (stmt) => `language ${stmt.plname ?? ''}`),
  CreateAmStmt: plain('CreateAmStmt', ['create', 'admin'], (stmt) => `access method ${stmt.amname ?? ''}`),
  CreateEventTrigStmt: plain('CreateEventTrigStmt', ['create', 'admin', 'routine'], (stmt) => `event trigger ${stmt.trigname ?? ''}`, 'an event trigger runs a function at other statements'),
  CreateFdwStmt: plain('CreateFdwStmt', ['create', 'admin'], (stmt) => `foreign data wrapper ${stmt.fdwname ?? ''}`),
  CreateForeignServerStmt: plain('CreateForeignServerStmt', ['create', 'server_io'], (stmt) => `server ${stmt.servername ?? ''}`, 'the database may connect to another server'),
  CreateUserMappingStmt: plain('CreateUserMappingStmt', ['create', 'privilege', 'server_io'], (stmt) => `user mapping ${roleName(stmt.user)} on ${stmt.servername ?? ''}`),
  ImportForeignSchemaStmt: (walk, stmt) => {
    for (const _ of stmt.table_list ?? []) walk.claim();
    walk.found.effect('create', `schema ${stmt.local_schema ?? ''}`);
    walk.found.effect('server_io', `server ${stmt.server_name ?? ''}`, 'the tables are on another server');
  },
  CreatePublicationStmt: plain('CreatePublicationStmt', ['create', 'replication'], (stmt) => `publication ${stmt.pubname ?? ''}`),
  CreateSubscriptionStmt: plain('CreateSubscriptionStmt', ['create', 'replication', 'server_io'], (stmt) => `subscription ${stmt.subname ?? ''}`, 'the database connects to another server'),
  CreateRoleStmt: plain('CreateRoleStmt', ['create', 'privilege'], (stmt) => `role ${stmt.role ?? ''}`),
};

/** A table that doesn't exist yet: its checks and defaults name its own columns, which touch nothing. */
const newTable = (name: string): Entry => ({ alias: name, sources: [], renamed: [], outputs: undefined });

function index(walk: Walk, stmt: IndexStmt): void {
  walk.found.effect('create', `index ${stmt.idxname ?? `on ${stmt.relation?.relname ?? ''}`}`);
  const { relation, ...rest } = stmt;
  if (relation === undefined) return;
  const sources = touchRelation(walk, relation, 'create', true);
  walk.within({ entries: [entryOf(relation, sources)], parent: undefined }, () => {
    for (const { name } of (stmt.indexParams ?? []).flatMap((node) => as('IndexElem', node) ?? [])) if (name !== undefined) readColumn(walk.scope, name);
    walk.fields('IndexStmt', rest);
  });
}

function rule(walk: Walk, stmt: RuleStmt): void {
  walk.found.effect('create', `rule ${stmt.rulename ?? ''}`);
  const sources = stmt.relation === undefined ? [] : touchRelation(walk, stmt.relation, 'alter', true);
  const entries = ['old', 'new'].map((alias) => ({ alias, sources, renamed: [], outputs: undefined }));
  walk.within({ entries, parent: undefined }, () => {
    walk.node(stmt.whereClause);
    walk.nodes(stmt.actions);
  });
}

/** What the function does is seen nowhere later, so the one who lets the trigger be made must know it. */
function trigger(walk: Walk, stmt: CreateTrigStmt): void {
  walk.found.effect('create', `trigger ${stmt.trigname ?? ''}`);
  walk.found.effect('routine', `function ${dotted(stmt.funcname)}`, 'a trigger runs its function at later statements');
  const sources = stmt.relation === undefined ? [] : touchRelation(walk, stmt.relation, 'alter', true);
  if (stmt.constrrel !== undefined) touchRelation(walk, stmt.constrrel, 'alter', false);
  const entries = ['old', 'new'].map((alias) => ({ alias, sources, renamed: [], outputs: undefined }));
  walk.within({ entries, parent: undefined }, () => walk.node(stmt.whenClause));
}

function createFunction(walk: Walk, stmt: CreateFunctionStmt): void {
  const word = stmt.is_procedure === true ? 'procedure' : 'function';
  walk.found.effect('create', `${word} ${dotted(stmt.funcname)}`);
  if (stmt.replace === true) walk.found.effect('alter', `${word} ${dotted(stmt.funcname)}`, 'OR REPLACE may change one that exists');
  const language = constant((stmt.options ?? []).flatMap((node) => as('DefElem', node) ?? []).find((option) => option.defname === 'language')?.arg)?.toLowerCase();
  if (language === 'c' || language === 'internal') {
    walk.found.effect('admin', `${word} ${dotted(stmt.funcname)}`, `a function in language ${language} runs machine code in the server`);
    walk.found.effect('server_io', `${word} ${dotted(stmt.funcname)}`);
  }
  walk.nodes(stmt.parameters);
  walk.kind('TypeName', stmt.returnType);
  functionOptions(walk, stmt.options);
  // A body in SQL itself, BEGIN ATOMIC … END or RETURN …, does what its statements do. One in a string isn't seen: calling it is `routine`.
  walk.node(stmt.sql_body);
}

/** `SET x = …` of a function changes the setting while the function runs, not the session's. */
export function functionOptions(walk: Walk, options: readonly Node[] | undefined): void {
  for (const node of options ?? []) {
    const option = as('DefElem', node);
    const set: VariableSetStmt | undefined = as('VariableSetStmt', option?.arg);
    if (set === undefined) walk.node(node);
    else settingOfObject(walk, set);
  }
}

/** A setting kept with a function, role or database: refused where the same SET would be. */
export function settingOfObject(walk: Walk, set: VariableSetStmt): void {
  const inside = walk.apart(() => judgeSet(walk, set));
  inside.settings.length = 0;
  walk.found.absorb(inside, (effect) => effect !== 'session');
}
