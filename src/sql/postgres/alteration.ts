/** ALTER, DROP, COMMENT, and who may do what: GRANT, roles, ownership. */

import type { AlterTableCmd, AlterTableStmt, DropStmt, GrantStmt, Node, RangeVar } from 'libpg-query';
import type { Effect } from '../facts.ts';
import { functionOptions, plain, settingOfObject } from './definition.ts';
import { defineNamed, defineRelation, entryOf, relationName, touchRelation } from './relations.ts';
import { as, objectWord, open, qualified, roleName, roleNames, strings, typeText } from './tree.ts';
import type { Handlers, Walk } from './walk.ts';

const dotted = (names: readonly Node[] | undefined): string => strings(names).join('.');

export const ALTERATION: Handlers = {
  AlterTableStmt: alterTable,
  AlterTableCmd: alterTableCommand,
  PartitionCmd: (walk, command) => {
    defineRelation(walk, command.name, 'table', 'alter');
    walk.kind('PartitionBoundSpec', command.bound);
  },
  RenameStmt: (walk, stmt) => alterObject(walk, 'alter', stmt.renameType, stmt.relation, stmt.object, stmt.subname),
  AlterObjectSchemaStmt: (walk, stmt) => alterObject(walk, 'alter', stmt.objectType, stmt.relation, stmt.object, undefined),
  AlterObjectDependsStmt: (walk, stmt) => alterObject(walk, 'alter', stmt.objectType, stmt.relation, stmt.object, undefined),
  AlterOwnerStmt: (walk, stmt) => {
    walk.found.effect('privilege', `role ${roleName(stmt.newowner)}`, 'it changes who owns an object');
    alterObject(walk, 'alter', stmt.objectType, stmt.relation, stmt.object, undefined);
  },
  AlterSeqStmt: (walk, stmt) => {
    defineRelation(walk, stmt.sequence, 'sequence', 'alter');
    walk.nodes(stmt.options);
  },
  AlterFunctionStmt: (walk, stmt) => {
    walk.found.effect('alter', `${objectWord(stmt.objtype)} ${dotted(stmt.func?.objname)}`);
    functionOptions(walk, stmt.actions);
  },
  AlterPolicyStmt: (walk, stmt) => {
    const { table, ...rest } = stmt;
    const sources = table === undefined ? [] : touchRelation(walk, table, 'privilege', true);
    walk.found.effect('alter', `policy ${stmt.policy_name ?? ''}`);
    walk.within({ entries: table === undefined ? [] : [entryOf(table, sources)], parent: undefined }, () => walk.fields('AlterPolicyStmt', rest));
  },
  CommentStmt: (walk, stmt) => {
    walk.found.effect('alter', `comment on ${objectWord(stmt.objtype)} ${objectName(stmt.object)}`);
    walk.node(stmt.object);
  },
  SecLabelStmt: plain('SecLabelStmt', ['privilege'], (stmt) => `${objectWord(stmt.objtype)} ${objectName(stmt.object)}`),
  AlterCollationStmt: plain('AlterCollationStmt', ['alter'], (stmt) => `collation ${dotted(stmt.collname)}`),
  AlterDomainStmt: plain('AlterDomainStmt', ['alter'], (stmt) => `domain ${dotted(stmt.typeName)}`),
  AlterTypeStmt: plain('AlterTypeStmt', ['alter'], (stmt) => `type ${dotted(stmt.typeName)}`),
  AlterEnumStmt: plain('AlterEnumStmt', ['alter'], (stmt) => `type ${dotted(stmt.typeName)}`),
  AlterOperatorStmt: plain('AlterOperatorStmt', ['alter'], (stmt) => `operator ${dotted(stmt.opername?.objname)}`),
  AlterOpFamilyStmt: plain('AlterOpFamilyStmt', ['alter'], (stmt) => `operator family ${dotted(stmt.opfamilyname)}`),
  AlterStatsStmt: plain('AlterStatsStmt', ['alter'], (stmt) => `statistics ${dotted(stmt.defnames)}`),
  AlterTSDictionaryStmt: plain('AlterTSDictionaryStmt', ['alter'], (stmt) => `text search dictionary ${dotted(stmt.dictname)}`),
  AlterTSConfigurationStmt: plain('AlterTSConfigurationStmt', ['alter'], (stmt) => `text search configuration ${dotted(stmt.cfgname)}`),
  AlterExtensionStmt: plain('AlterExtensionStmt', ['alter', 'admin'], (stmt) => `extension ${stmt.extname ?? ''}`),
  AlterExtensionContentsStmt: plain('AlterExtensionContentsStmt', ['alter', 'admin'], (stmt) => `extension ${stmt.extname ?? ''}`),
  AlterFdwStmt: plain('AlterFdwStmt', ['alter', 'admin'], (stmt) => `foreign data wrapper ${stmt.fdwname ?? ''}`),
  AlterForeignServerStmt: plain('AlterForeignServerStmt', ['alter', 'server_io'], (stmt) => `server ${stmt.servername ?? ''}`),
  AlterEventTrigStmt: plain('AlterEventTrigStmt', ['alter', 'admin'], (stmt) => `event trigger ${stmt.trigname ?? ''}`),
  AlterTableSpaceOptionsStmt: plain('AlterTableSpaceOptionsStmt', ['alter', 'admin'], (stmt) => `tablespace ${stmt.tablespacename ?? ''}`),
  AlterTableMoveAllStmt: plain('AlterTableMoveAllStmt', ['alter', 'admin'], (stmt) => `tablespace ${stmt.orig_tablespacename ?? ''}`),
  AlterDatabaseStmt: plain('AlterDatabaseStmt', ['alter', 'admin'], (stmt) => `database ${stmt.dbname ?? ''}`),
  AlterDatabaseRefreshCollStmt: plain('AlterDatabaseRefreshCollStmt', ['alter', 'admin'], (stmt) => `database ${stmt.dbname ?? ''}`),
  AlterDatabaseSetStmt: (walk, stmt) => storedSetting(walk, ['alter', 'admin'], `database ${stmt.dbname ?? ''}`, stmt.setstmt),
  AlterSystemStmt: (walk, stmt) => storedSetting(walk, ['admin'], stmt.setstmt?.name ?? '*', stmt.setstmt),
  AlterRoleSetStmt: (walk, stmt) => storedSetting(walk, ['alter', 'privilege'], `role ${stmt.role === undefined ? '*' : roleName(stmt.role)}`, stmt.setstmt),
  AlterRoleStmt: plain('AlterRoleStmt', ['alter', 'privilege'], (stmt) => `role ${roleName(stmt.role)}`),
  AlterUserMappingStmt: plain('AlterUserMappingStmt', ['alter', 'privilege', 'server_io'], (stmt) => `user mapping ${roleName(stmt.user)} on ${stmt.servername ?? ''}`),
  AlterPublicationStmt: plain('AlterPublicationStmt', ['alter', 'replication'], (stmt) => `publication ${stmt.pubname ?? ''}`),
  AlterSubscriptionStmt: plain('AlterSubscriptionStmt', ['alter', 'replication', 'server_io'], (stmt) => `subscription ${stmt.subname ?? ''}`),
  AlterDefaultPrivilegesStmt: (walk, stmt) => {
    walk.found.effect('privilege', 'default privileges');
    walk.kind('GrantStmt', stmt.action);
  },
  GrantStmt: grant,
  GrantRoleStmt: (walk, stmt) => {
    for (const node of stmt.granted_roles ?? []) walk.found.effect('privilege', `role ${as('AccessPriv', node)?.priv_name ?? ''}`);
    for (const role of roleNames(stmt.grantee_roles)) walk.found.effect('privilege', `role ${role}`);
  },
  ReassignOwnedStmt: (walk, stmt) => {
    for (const role of [...roleNames(stmt.roles), roleName(stmt.newrole)]) walk.found.effect('privilege', `role ${role}`, 'it changes who owns objects');
  },
  DropStmt: drop,
  DropOwnedStmt: (walk, stmt) => {
    for (const role of roleNames(stmt.roles)) {
      walk.found.effect('drop', `everything owned by ${role}`);
      walk.found.effect('privilege', `role ${role}`);
    }
  },
  DropRoleStmt: (walk, stmt) => {
    for (const role of roleNames(stmt.roles)) {
      walk.found.effect('drop', `role ${role}`);
      walk.found.effect('privilege', `role ${role}`);
    }
  },
  DropdbStmt: plain('DropdbStmt', ['drop', 'admin'], (stmt) => `database ${stmt.dbname ?? ''}`),
  DropTableSpaceStmt: plain('DropTableSpaceStmt', ['drop', 'admin'], (stmt) => `tablespace ${stmt.tablespacename ?? ''}`),
  DropUserMappingStmt: plain('DropUserMappingStmt', ['drop', 'privilege'], (stmt) => `user mapping ${roleName(stmt.user)} on ${stmt.servername ?? ''}`),
  DropSubscriptionStmt: plain('DropSubscriptionStmt', ['drop', 'replication', 'server_io'], (stmt) => `subscription ${stmt.subname ?? ''}`),
};

/** What an ALTER TABLE command is beside `alter`. */
const COMMANDS: Readonly<Record<string, Effect>> = {
  AT_DropColumn: 'drop', AT_DropConstraint: 'drop', AT_ChangeOwner: 'privilege', AT_EnableRowSecurity: 'privilege', AT_DisableRowSecurity: 'privilege',
  AT_ForceRowSecurity: 'privilege', AT_NoForceRowSecurity: 'privilege', AT_GenericOptions: 'server_io',
};

/** What those commands are about. */
function commandObject(walk: Walk, command: AlterTableCmd): string {
  if (command.newowner !== undefined) return `role ${roleName(command.newowner)}`;
  const table = walk.scope?.entries[0]?.sources[0]?.touch.name ?? '';
  return command.name === undefined ? `table ${table}` : `${command.subtype === 'AT_DropColumn' ? 'column' : 'constraint'} ${table}.${command.name}`;
}

function alterTable(walk: Walk, stmt: AlterTableStmt): void {
  const word = objectWord(stmt.objtype);
  if (stmt.relation === undefined) return;
  defineRelation(walk, stmt.relation, word, 'alter');
  const relations = walk.catalog.relations(stmt.relation.schemaname, stmt.relation.relname ?? '');
  const sources = relations.map((relation) => ({ touch: walk.found.touch(relationName(relation), true), columns: relation.columns.map((column) => column.name) }));
  walk.within({ entries: [entryOf(stmt.relation, sources)], parent: undefined }, () => walk.nodes(stmt.cmds));
}

function alterTableCommand(walk: Walk, command: AlterTableCmd): void {
  const effect = COMMANDS[command.subtype ?? ''];
  if (effect !== undefined) walk.found.effect(effect, commandObject(walk, command));
  walk.node(command.def);
}

/** Objects that ALTER … RENAME, SET SCHEMA and OWNER TO name: a relation, or a name of another kind. */
function alterObject(walk: Walk, effect: Effect, type: string | undefined, relation: RangeVar | undefined, object: Node | undefined, subname: string | undefined): void {
  const word = objectWord(type);
  if (relation !== undefined) defineRelation(walk, relation, word === 'column' || word === 'constraint' ? 'table' : word, effect);
  else walk.found.effect(effect, `${word} ${object === undefined ? (subname ?? '') : objectName(object)}`.trim());
  walk.node(object);
}

/** The name in whatever node an object is given by. */
function objectName(object: Node | undefined): string {
  const opened = open(object);
  if (opened === undefined) return '';
  const list = as('List', object);
  if (list !== undefined) return (list.items ?? []).map(objectName).join('.');
  const type = as('TypeName', object);
  if (type !== undefined) return typeText(type);
  const withArgs = as('ObjectWithArgs', object);
  if (withArgs !== undefined) return dotted(withArgs.objname);
  return as('String', object)?.sval ?? roleName(as('RoleSpec', object));
}

const RELATIONS: Readonly<Record<string, string>> = {
  OBJECT_TABLE: 'table', OBJECT_VIEW: 'view', OBJECT_MATVIEW: 'materialized view', OBJECT_FOREIGN_TABLE: 'foreign table', OBJECT_SEQUENCE: 'sequence', OBJECT_INDEX: 'index',
};

/** Kinds whose name is that of their table followed by their own. */
const OF_TABLE: ReadonlySet<string> = new Set(['OBJECT_TRIGGER', 'OBJECT_RULE', 'OBJECT_POLICY']);

/** Kinds that only administrators make. */
const ADMINISTRATIVE: ReadonlySet<string> = new Set(['OBJECT_EXTENSION', 'OBJECT_LANGUAGE', 'OBJECT_FDW', 'OBJECT_EVENT_TRIGGER', 'OBJECT_ACCESS_METHOD']);

function drop(walk: Walk, stmt: DropStmt): void {
  const type = stmt.removeType ?? '';
  const relationWord = RELATIONS[type];
  const because = stmt.behavior === 'DROP_CASCADE' ? 'CASCADE drops whatever depends on it' : undefined;
  for (const object of stmt.objects ?? []) {
    const parts = strings(as('List', object)?.items);
    if (relationWord !== undefined) {
      const { schema, name } = qualified(parts);
      defineNamed(walk, schema, name, relationWord, 'drop');
    } else walk.found.effect('drop', `${objectWord(type)} ${objectName(object)}`);
    if (OF_TABLE.has(type)) alteredBy(walk, parts.slice(0, -1));
    if (type === 'OBJECT_POLICY') walk.found.effect('privilege', objectName(object), 'row security changes');
    if (type === 'OBJECT_SCHEMA') dropSchema(walk, objectName(object), because !== undefined);
    if (ADMINISTRATIVE.has(type)) walk.found.effect('admin', objectName(object));
    if (type === 'OBJECT_PUBLICATION') walk.found.effect('replication', objectName(object));
  }
  if (because !== undefined) walk.found.effect('drop', undefined, because);
}

function alteredBy(walk: Walk, parts: readonly string[]): void {
  const { schema, name } = qualified(parts);
  for (const relation of walk.catalog.relations(schema, name)) walk.found.touch(relationName(relation), true).written = true;
}

function dropSchema(walk: Walk, schema: string, cascade: boolean): void {
  if (!cascade) return;
  for (const relation of walk.catalog.data.relations) {
    if (relation.schema !== schema) continue;
    const touch = walk.found.touch(relationName(relation), true);
    touch.written = true;
    touch.columns.add('*');
  }
}

function storedSetting(walk: Walk, effects: readonly Effect[], object: string, set: Parameters<typeof settingOfObject>[1] | undefined): void {
  for (const effect of effects) walk.found.effect(effect, object);
  if (set !== undefined) settingOfObject(walk, set);
}

function grant(walk: Walk, stmt: GrantStmt): void {
  const word = objectWord(stmt.objtype);
  for (const role of roleNames(stmt.grantees)) walk.found.effect('privilege', `role ${role}`);
  for (const object of stmt.objects ?? []) {
    const range = as('RangeVar', object);
    if (range === undefined) {
      walk.found.effect('privilege', `${stmt.targtype === 'ACL_TARGET_ALL_IN_SCHEMA' ? `every ${word} of schema` : word} ${objectName(object)}`);
      walk.node(object);
    } else defineRelation(walk, range, word, 'privilege');
  }
}
