/** What changing a setting means, however it is changed: SET, RESET, set_config, ALTER ROLE … SET. */

import type { VariableSetStmt } from 'libpg-query';
import { constant } from './tree.ts';
import type { Walk } from './walk.ts';

/** Changing these changes who the session is, or switches checks off. */
const PRIVILEGED: ReadonlySet<string> = new Set(['role', 'session_authorization', 'session_replication_role', 'row_security']);

/** Changing these needs a superuser for good reason: they load code, hide what happens from the server's log and views, or risk data. */
const ADMINISTRATIVE: ReadonlySet<string> = new Set([
  'allow_system_table_mods', 'session_preload_libraries', 'local_preload_libraries', 'dynamic_library_path', 'lo_compat_privileges', 'zero_damaged_pages',
  'ignore_checksum_failure', 'ignore_system_indexes', 'allow_in_place_tablespaces', 'extension_control_path', 'extension_destdir', 'event_triggers', 'backtrace_functions',
  'jit_dump_bitcode', 'jit_debugging_support', 'jit_profiling_support', 'max_stack_depth', 'temp_file_limit', 'track_activities', 'track_counts', 'update_process_title',
  'wal_consistency_checking', 'debug_discard_caches',
]);

/** As are those of the server's log, of procedural languages (which name code to run at their start) and of extensions that audit. */
const ADMINISTRATIVE_FAMILIES = /^(?:log_|plperlu?\.|pltclu?\.|plv8\.|pgaudit\.|auto_explain\.|set_user\.|supautils\.|anon\.)/;

const UTF8 = new Set(['utf8', 'unicode']);
const TRUE = new Set(['on', 'true', 'yes', '1']);

export interface Setting {
  /** The new value where it is a constant. */
  readonly value: string | undefined;
  /** False when the value is computed; true for constants, DEFAULT and RESET. */
  readonly constant: boolean;
  readonly scope: 'session' | 'transaction';
}

/** Setting names are matched without regard to case, as the server does (guc_name_compare). */
export function judgeSetting(walk: Walk, given: string, setting: Setting): void {
  const name = given.toLowerCase();
  walk.found.effect('session', name);
  if (PRIVILEGED.has(name)) walk.found.effect('privilege', name, `${name} changes what the session may do`);
  if (ADMINISTRATIVE.has(name) || ADMINISTRATIVE_FAMILIES.test(name)) walk.found.effect('admin', name, `${name} is a setting for administrators`);
  walk.found.settings.push(setting.value === undefined ? { name, scope: setting.scope } : { name, value: setting.value, scope: setting.scope });
  const refusal = refusalOf(name, setting);
  if (refusal !== undefined) walk.found.refuse(refusal);
}

/**
 * These decide how the text of later statements is read. Values equal to what every session is started with,
 * and resets to it, change nothing.
 */
function refusalOf(name: string, { value, constant }: Setting): string | undefined {
  const reset = constant && value === undefined;
  if (reset) return undefined;
  if (name === 'standard_conforming_strings' && !(value !== undefined && TRUE.has(value.toLowerCase()))) return 'standard_conforming_strings must stay on: it decides where strings end.';
  if (name === 'backslash_quote' && value?.toLowerCase() !== 'safe_encoding') return 'backslash_quote must stay as it is: it decides where strings end.';
  if (name === 'client_encoding' && !(value !== undefined && UTF8.has(value.toLowerCase().replaceAll(/[^a-z0-9]/g, '')))) return 'client_encoding must stay UTF8: statements are read as UTF-8.';
  return undefined;
}

/** SET and RESET, also inside ALTER ROLE, ALTER DATABASE, ALTER SYSTEM and CREATE FUNCTION. */
export function judgeSet(walk: Walk, set: VariableSetStmt): void {
  walk.claim();
  const scope = set.is_local === true ? 'transaction' : 'session';
  const name = set.name ?? '';
  switch (set.kind) {
    case 'VAR_RESET_ALL':
      walk.found.effect('session', '*');
      walk.found.settings.push({ name: '*', scope });
      return;
    case 'VAR_SET_MULTI':
      return judgeTransactionModes(walk, name, set);
    case 'VAR_SET_VALUE': {
      const values = (set.args ?? []).map(constant);
      const value = values.includes(undefined) ? undefined : values.join(', ');
      return judgeSetting(walk, name, { value, constant: value !== undefined, scope });
    }
    case 'VAR_SET_DEFAULT':
    case 'VAR_SET_CURRENT':
    case 'VAR_RESET':
      return judgeSetting(walk, name, { value: undefined, constant: true, scope });
    case undefined:
    default:
      walk.found.effect('unknown', undefined, `SET of a kind that isn't understood: ${String(set.kind)}`);
  }
}

/** SET TRANSACTION …, SET SESSION CHARACTERISTICS AS TRANSACTION …, SET TRANSACTION SNAPSHOT. */
function judgeTransactionModes(walk: Walk, name: string, set: VariableSetStmt): void {
  const forSession = name === 'SESSION CHARACTERISTICS';
  walk.found.effect(forSession ? 'session' : 'transaction');
  for (const node of set.args ?? []) {
    if (!('DefElem' in node)) continue;
    const value = constant(node.DefElem.arg);
    const setting = `${forSession ? 'default_' : ''}${node.DefElem.defname ?? ''}`;
    walk.found.settings.push({ name: setting, ...(value === undefined ? {} : { value }), scope: forSession ? 'session' : 'transaction' });
  }
}
