/** Whether facts say all that a server was seen to do. */

import type { Effect, Facts } from '../../../src/sql/facts.ts';
import type { Testimony } from './witness.ts';

/** What a command's counter (Com_…) must be answered by: one of these effects, or a statement of such a kind. */
const ANSWERS: readonly (readonly [command: RegExp, effects: readonly Effect[], kinds?: RegExp])[] = [
  [/^(empty_query|ha_)/, [], /./],
  [/^(insert|insert_select)$/, ['insert'], /^explain|^analyze/],
  [/^(replace|replace_select)$/, ['insert', 'delete'], /^explain|^analyze/],
  [/^(update|update_multi)$/, ['update'], /^explain|^analyze/],
  [/^(delete|delete_multi)$/, ['delete'], /^explain|^analyze/],
  [/^(grant|revoke|revoke_all|create_user|drop_user|alter_user|rename_user|create_role|drop_role|set_role|set_password|grant_role|revoke_role|alter_user_default_role)$/, ['privilege']],
  [/^create_view$/, ['create', 'alter']], [/^(create|alter|drop)_(server|tablespace|resource_group|instance)$/, ['admin', 'server_io']],
  [/^create_/, ['create']], [/^alter_/, ['alter']], [/^drop_/, ['drop']], [/^rename_table/, ['alter']], [/^truncate/, ['truncate']],
  [/^load$/, ['import']],
  [/^(begin|commit|rollback|rollback_to_savepoint|savepoint|release_savepoint|xa_.*)$/, ['transaction']],
  [/^(lock_tables|unlock_tables)$/, ['lock']],
  [/^(analyze|check|optimize|repair|assign_to_keycache|preload_keys)$/, ['maintenance']],
  [/^(flush)$/, ['maintenance', 'admin']],
  [/^(shutdown|kill|install_plugin|uninstall_plugin|restart|reset|purge|purge_before_date)$/, ['admin', 'replication']],
  [/^(call_procedure)$/, ['routine']],
  [/^(change_replication_source|change_master|replica_st.*|slave_st.*|start_.*slave.*|stop_.*slave.*|binlog)$/, ['replication']],
  [/^(install_component|clone|import|backup.*)$/, ['admin', 'server_io']],
  [/^(compound_sql|binlog|execute_immediate)$/, ['dynamic'], /^execute immediate$/],
  [/^(prepare_sql|execute_sql|dealloc_sql|change_db|set_option|signal|resignal|get_diagnostics)$/, ['session', 'admin', 'privilege', 'transaction', 'dynamic']],
  [/^(select|show_.*|do|help|checksum|explain_other|values)$/, ['read', 'session', 'export'], /./],
];

/** What the facts leave out, in words; empty when they say all. */
export function missing(facts: Facts, { commands, error }: Testimony): string[] {
  if (facts.doubt !== undefined || facts.refused !== undefined) return [];
  const left: string[] = [];
  for (const [command] of commands) if (!answered(command, facts)) left.push(`runs ${command}`);
  const begun = [...commands].reduce((sum, [command, count]) => sum + (command === 'empty_query' ? 0 : count), 0);
  if (begun > facts.statements.length && !hidesMore(facts)) left.push(`begins ${begun} statements`);
  const wanted = error?.number === 1146 ? /Table '(.*)' doesn't exist/s.exec(error.message)?.[1] : undefined;
  if (wanted !== undefined && !hidesMore(facts) && !onlyDescribes(facts) && !facts.tables.some(({ name }) => name === wanted)) left.push(`looks for table ${wanted}`);
  if (error?.number === 1305 && /FUNCTION/.test(error.message) && !does(facts, 'routine')) left.push('calls a function');
  if (error?.number === 1227 && /FILE/.test(error.message) && !does(facts, 'server_io')) left.push('goes to a file');
  return left;
}

/** Did the server run all of the text, but not as many statements as were counted here? */
export function countedOtherwise(facts: Facts, { commands, error }: Testimony): boolean {
  if (error !== undefined || facts.doubt !== undefined || hidesMore(facts)) return false;
  return [...commands].reduce((sum, [command, count]) => sum + (command === 'empty_query' ? 0 : count), 0) !== facts.statements.length;
}

/** What a table looks like isn't a row of it. */
const onlyDescribes = (facts: Facts): boolean => facts.statements.some(({ kind }) => kind === 'describe' || kind === 'explain' || kind === 'show');

const does = (facts: Facts, effect: Effect): boolean => facts.effects.some((use) => use.effect === effect);

/** What procedures and prepared statements run is counted too. */
const hidesMore = (facts: Facts): boolean => does(facts, 'routine') || does(facts, 'dynamic') || facts.statements.some(({ kind, names }) => kind.startsWith('execute') || kind.startsWith('create ') || kind.startsWith('alter ') || names.length > 0);

function answered(command: string, facts: Facts): boolean {
  // A procedure's own statements, and those of what was only known by name, are counted beside it.
  if (facts.statements.some(({ kind }) => kind === 'call') || does(facts, 'dynamic')) return true;
  const answer = ANSWERS.find(([pattern]) => pattern.test(command));
  if (answer === undefined) return false;
  const [, effects, kinds] = answer;
  return effects.some((effect) => does(facts, effect)) || (kinds !== undefined && facts.statements.some(({ kind }) => kinds.test(kind))) || (command === 'empty_query' && facts.statements.length === 0);
}
