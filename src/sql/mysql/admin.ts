/** Commands to the server: accounts, plugins, logs, replication, maintenance. */

import type { Effect } from '../facts.ts';
import type { Cursor } from './cursor.ts';
import { judgeQueries } from './query.ts';
import { isSymbol, isWord } from './tokens.ts';
import type { Walk } from './walk.ts';

/** KILL [HARD|SOFT] [CONNECTION|QUERY [ID]] n, KILL … USER u (MariaDB). */
export function judgeKill(walk: Walk, at: number): void {
  const cursor = walk.cursor(at + 1);
  cursor.skipWords('HARD', 'SOFT');
  const what = cursor.take('QUERY') ? 'query' : 'connection';
  if (what === 'connection') cursor.take('CONNECTION');
  cursor.take('ID');
  const { token } = cursor;
  const alone = token?.kind === 'number' && /^\d{1,15}$/.test(token.text) && walk.tokens.length === cursor.at + 1;
  walk.kind = what === 'query' ? 'kill query' : 'kill';
  walk.found.cancels = { what, connection: alone ? Number(token.text) : undefined };
  walk.found.readInteger = true;
  walk.found.effect('admin', alone ? `${what} ${token.text}` : undefined, what === 'query' ? 'it cancels what another session does' : 'it ends another session');
  judgeQueries(walk, cursor.at);
}

/** FLUSH: of tables it is maintenance, and WITH READ LOCK keeps everybody from writing; else it is the server's. */
export function judgeFlush(walk: Walk, at: number): void {
  walk.kind = 'flush';
  const cursor = walk.cursor(at + 1);
  cursor.skipWords('NO_WRITE_TO_BINLOG', 'LOCAL');
  if (!cursor.take('TABLES', 'TABLE')) {
    walk.found.effect('admin');
    return;
  }
  walk.found.effect('maintenance');
  for (const name of tableNames(cursor)) walk.found.effect('maintenance', walk.resolve(name.schema, name.name).name);
  if (walk.tokens.slice(at).some((token) => isWord(token, 'LOCK', 'EXPORT'))) walk.found.effect('lock', undefined, 'everybody waits to write');
}

/** ANALYZE, CHECK, OPTIMIZE, REPAIR, CHECKSUM TABLE. */
export function judgeMaintenance(walk: Walk, at: number): void {
  const cursor = walk.cursor(at);
  const verb = cursor.word().toLowerCase();
  cursor.at++;
  cursor.skipWords('NO_WRITE_TO_BINLOG', 'LOCAL');
  walk.kind = `${verb} table`;
  const effect: Effect = verb === 'checksum' ? 'read' : 'maintenance';
  if (!cursor.take('TABLE', 'TABLES', 'VIEW')) walk.found.effect('unknown', undefined, `${verb} of something that isn't understood`);
  walk.found.effect(effect);
  for (const name of tableNames(cursor)) walk.touch(name.schema, name.name, effect, false).touch.columns.add('*');
}

/** LOCK TABLES t READ, u AS x WRITE. */
export function judgeLockTables(walk: Walk, at: number): void {
  walk.kind = 'lock tables';
  walk.found.effect('lock');
  const cursor = walk.cursor(at + 2);
  for (const { schema, name } of tableNames(cursor)) {
    const resolved = walk.resolve(schema, name);
    walk.found.touch(resolved.name, resolved.relation !== undefined);
    walk.found.effect('lock', resolved.name);
    if (resolved.relation === undefined && resolved.name !== name) walk.found.unresolved = true;
  }
}

/** Names between commas, whatever stands behind each. */
export function tableNames(cursor: Cursor): { readonly schema: string | undefined; readonly name: string }[] {
  const names: { schema: string | undefined; name: string }[] = [];
  for (let name = cursor.name(); name !== undefined; name = cursor.name()) {
    names.push({ schema: name.schema, name: name.name });
    while (!cursor.done && !isSymbol(cursor.token, ',')) cursor.at++;
    cursor.at++;
  }
  return names;
}

type Plain = readonly [kind: string, effects: readonly Effect[], because?: string];

/** By the first word, or the first two. Longer keys come first. */
export const PLAIN: Readonly<Record<string, Plain>> = {
  'SHUTDOWN': ['shutdown', ['admin']],
  'RESTART': ['restart', ['admin']],
  'RESET PERSIST': ['reset persist', ['admin']],
  'RESET QUERY': ['reset query cache', ['admin']],
  'RESET': ['reset', ['replication', 'admin']],
  'PURGE': ['purge binary logs', ['replication', 'admin']],
  'CHANGE': ['change replication source', ['replication']],
  'START SLAVE': ['start replica', ['replication']],
  'START REPLICA': ['start replica', ['replication']],
  'START ALL': ['start replica', ['replication']],
  'START GROUP_REPLICATION': ['start group_replication', ['replication']],
  'STOP': ['stop replica', ['replication']],
  'BINLOG': ['binlog', ['replication', 'dynamic'], 'it applies changes that can\'t be seen'],
  'INSTALL': ['install', ['admin'], 'it loads code into the server'],
  'UNINSTALL': ['uninstall', ['admin']],
  'CLONE': ['clone', ['admin', 'server_io', 'replication']],
  'CACHE': ['cache index', ['maintenance']],
  'LOAD INDEX': ['load index', ['maintenance']],
  'IMPORT': ['import table', ['create', 'server_io']],
  'BACKUP': ['backup', ['admin', 'lock']],
  'GRANT': ['grant', ['privilege']],
  'REVOKE': ['revoke', ['privilege']],
  'RENAME USER': ['rename user', ['privilege']],
  'ALTER USER': ['alter user', ['privilege']],
  'ALTER INSTANCE': ['alter instance', ['admin']],
  'ALTER RESOURCE': ['alter resource group', ['admin']],
  'UNLOCK INSTANCE': ['unlock instance', ['admin']],
  'LOCK INSTANCE': ['lock instance', ['admin', 'lock']],
  'UNLOCK': ['unlock tables', ['lock']],
  'SAVEPOINT': ['savepoint', ['transaction']],
  'HELP': ['help', ['read']],
  'SIGNAL': ['signal', ['session']],
  'RESIGNAL': ['resignal', ['session']],
  'GET': ['get diagnostics', ['session']],
};
