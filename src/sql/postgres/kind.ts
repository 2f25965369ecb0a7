/** The command tag of a statement as people know it: `select`, `create table`, `copy to`. */

import type { Node } from 'libpg-query';
import { open, objectWord } from './tree.ts';

type Fields = Readonly<Record<string, unknown>>;

const PLAIN: Readonly<Record<string, string>> = {
  InsertStmt: 'insert', UpdateStmt: 'update', DeleteStmt: 'delete', MergeStmt: 'merge', ReturnStmt: 'return',
  CallStmt: 'call', DoStmt: 'do', ExplainStmt: 'explain', TruncateStmt: 'truncate', LockStmt: 'lock', ClusterStmt: 'cluster', ReindexStmt: 'reindex',
  CheckPointStmt: 'checkpoint', LoadStmt: 'load', RefreshMatViewStmt: 'refresh materialized view', CommentStmt: 'comment', SecLabelStmt: 'security label',
  VariableShowStmt: 'show', PrepareStmt: 'prepare', ExecuteStmt: 'execute', DeallocateStmt: 'deallocate', DeclareCursorStmt: 'declare cursor',
  ClosePortalStmt: 'close', NotifyStmt: 'notify', ListenStmt: 'listen', UnlistenStmt: 'unlisten', ConstraintsSetStmt: 'set constraints',
  CreateStmt: 'create table', IndexStmt: 'create index', ViewStmt: 'create view', RuleStmt: 'create rule', CreateTrigStmt: 'create trigger', CreateSeqStmt: 'create sequence',
  CompositeTypeStmt: 'create type', CreateEnumStmt: 'create type', CreateRangeStmt: 'create type', CreatedbStmt: 'create database', CreateStatsStmt: 'create statistics',
  CreatePLangStmt: 'create language', CreateFdwStmt: 'create foreign data wrapper', CreateForeignServerStmt: 'create server', CreateAmStmt: 'create access method',
  CreateEventTrigStmt: 'create event trigger', CreateOpClassStmt: 'create operator class', CreateOpFamilyStmt: 'create operator family',
  CreateTableSpaceStmt: 'create tablespace', DropTableSpaceStmt: 'drop tablespace', DropdbStmt: 'drop database',
  AlterSeqStmt: 'alter sequence', AlterEnumStmt: 'alter type', AlterTSDictionaryStmt: 'alter text search dictionary', AlterTSConfigurationStmt: 'alter text search configuration',
  AlterFdwStmt: 'alter foreign data wrapper', AlterForeignServerStmt: 'alter server', AlterEventTrigStmt: 'alter event trigger', AlterStatsStmt: 'alter statistics',
  AlterOpFamilyStmt: 'alter operator family', AlterDefaultPrivilegesStmt: 'alter default privileges', AlterRoleSetStmt: 'alter role', AlterDatabaseSetStmt: 'alter database',
  AlterDatabaseRefreshCollStmt: 'alter database', AlterExtensionContentsStmt: 'alter extension', AlterTableSpaceOptionsStmt: 'alter tablespace',
  AlterTableMoveAllStmt: 'alter tablespace', ReassignOwnedStmt: 'reassign owned', DropOwnedStmt: 'drop owned',
};

/** What is renamed by altering that which it is a part of. */
const RENAMED: Readonly<Record<string, string>> = { OBJECT_ATTRIBUTE: 'type', OBJECT_DOMCONSTRAINT: 'domain', OBJECT_TABCONSTRAINT: 'table' };

const TOLD: Readonly<Record<string, (stmt: Fields) => string>> = {
  CopyStmt: (stmt) => (stmt['is_from'] === true ? 'copy from' : 'copy to'),
  CreateTableAsStmt: (stmt) => (stmt['is_select_into'] === true ? 'select into' : `create ${word(stmt['objtype'])}${stmt['objtype'] === 'OBJECT_TABLE' ? ' as' : ''}`),
  CreateFunctionStmt: (stmt) => (stmt['is_procedure'] === true ? 'create procedure' : 'create function'),
  DefineStmt: (stmt) => `create ${word(stmt['kind'])}`,
  DropStmt: (stmt) => `drop ${word(stmt['removeType'])}`,
  AlterTableStmt: (stmt) => `alter ${word(stmt['objtype'])}`,
  AlterFunctionStmt: (stmt) => `alter ${word(stmt['objtype'])}`,
  RenameStmt: (stmt) => `alter ${RENAMED[String(stmt['renameType'])] ?? word(stmt['renameType'] === 'OBJECT_COLUMN' ? stmt['relationType'] : stmt['renameType'])}`,
  AlterObjectSchemaStmt: (stmt) => `alter ${word(stmt['objectType'])}`,
  AlterObjectDependsStmt: (stmt) => `alter ${word(stmt['objectType'])}`,
  AlterOwnerStmt: (stmt) => `alter ${word(stmt['objectType'])}`,
  GrantStmt: (stmt) => (stmt['is_grant'] === true ? 'grant' : 'revoke'),
  GrantRoleStmt: (stmt) => (stmt['is_grant'] === true ? 'grant role' : 'revoke role'),
  VacuumStmt: (stmt) => (stmt['is_vacuumcmd'] === true ? 'vacuum' : 'analyze'),
  FetchStmt: (stmt) => (stmt['ismove'] === true ? 'move' : 'fetch'),
  VariableSetStmt: (stmt) => (String(stmt['kind']).startsWith('VAR_RESET') ? 'reset' : 'set'),
  DiscardStmt: (stmt) => `discard ${String(stmt['target']).replace('DISCARD_', '').toLowerCase()}`,
  TransactionStmt: (stmt) => String(stmt['kind']).replace('TRANS_STMT_', '').toLowerCase().replaceAll('_', ' '),
  SelectStmt: (stmt) => ('intoClause' in stmt ? 'select into' : 'select'),
};

const word = (type: unknown): string => objectWord(String(type));

export function kindOf(node: Node | undefined): string {
  const opened = open(node);
  if (opened === undefined) return 'unknown';
  const told = TOLD[opened.kind];
  if (told !== undefined) return told(opened.content as Fields);
  return PLAIN[opened.kind] ?? opened.kind.replace(/Stmt$/, '').replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase();
}
