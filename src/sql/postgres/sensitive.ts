/** Built-in functions that do more than compute, by what they do. A name that is neither here nor in harmless.ts isn't vetted. */

import type { Effect } from '../facts.ts';

/** `*` at the end stands for any ending. */
const CLASSES: readonly (readonly [effects: readonly Effect[], because: string, names: string])[] = [
  [['server_io'], 'reads or lists files of the server',
    'pg_read_file pg_read_binary_file pg_read_file_old pg_stat_file pg_ls_dir pg_ls_logdir pg_ls_waldir pg_ls_tmpdir pg_ls_archive_statusdir '
    + 'pg_ls_logicalmapdir pg_ls_logicalsnapdir pg_ls_replslotdir pg_ls_summariesdir pg_wal_summary_contents'],
  [['export', 'server_io'], 'writes a large object to a file of the server', 'lo_export'],
  [['create', 'server_io'], 'reads a file of the server into a large object', 'lo_import'],
  [['export'], 'reads a large object', 'lo_get loread lo_open lo_lseek lo_lseek64 lo_tell lo_tell64 lo_close'],
  [['update'], 'writes a large object', 'lo_put lowrite lo_truncate lo_truncate64'],
  [['create'], 'makes a large object', 'lo_create lo_creat lo_from_bytea'],
  [['drop'], 'removes a large object', 'lo_unlink'],
  [['dynamic'], 'runs SQL that it is given as text, or reads a table that it is given by name',
    'query_to_xml* cursor_to_xml* table_to_xml* schema_to_xml* database_to_xml* ts_stat ts_rewrite'],
  [['admin'], 'ends or cancels what other sessions do', 'pg_terminate_backend pg_cancel_backend'],
  [['admin'], 'administers the server',
    'pg_reload_conf pg_rotate_logfile pg_rotate_logfile_old pg_promote pg_switch_wal pg_create_restore_point pg_backup_start pg_backup_stop pg_start_backup '
    + 'pg_stop_backup pg_wal_replay_pause pg_wal_replay_resume pg_import_system_collations pg_log_backend_memory_contexts pg_log_standby_snapshot '
    + 'pg_nextoid pg_stop_making_pinned_objects pg_extension_config_dump pg_stat_reset* binary_upgrade_* pg_clear_attribute_stats pg_clear_relation_stats '
    + 'pg_restore_attribute_stats pg_restore_relation_stats pg_hba_file_rules pg_ident_file_mappings pg_show_all_file_settings pg_config'],
  [['replication'], 'works on replication slots or origins',
    'pg_create_logical_replication_slot pg_create_physical_replication_slot pg_copy_logical_replication_slot pg_copy_physical_replication_slot '
    + 'pg_drop_replication_slot pg_replication_slot_advance pg_sync_replication_slots pg_logical_emit_message pg_replication_origin_advance '
    + 'pg_replication_origin_create pg_replication_origin_drop pg_replication_origin_session_reset pg_replication_origin_session_setup '
    + 'pg_replication_origin_xact_reset pg_replication_origin_xact_setup'],
  [['replication', 'export'], 'hands out the changes of other sessions',
    'pg_logical_slot_get_changes pg_logical_slot_get_binary_changes pg_logical_slot_peek_changes pg_logical_slot_peek_binary_changes'],
  [['maintenance'], 'works on an index', 'brin_summarize_new_values brin_summarize_range brin_desummarize_range gin_clean_pending_list'],
  [['notify'], 'sends a notification', 'pg_notify'],
  [['lock'], 'takes or releases an advisory lock', 'pg_advisory_* pg_try_advisory_*'],
  [['transaction'], 'shares the transaction\'s snapshot', 'pg_export_snapshot'],
  [['session'], 'seeds the session\'s random numbers', 'setseed'],
  [['update'], 'advances a sequence', 'nextval'],
  [['alter'], 'sets a sequence, which no rollback takes back', 'setval'],
];

export interface Sensitive {
  readonly effects: readonly Effect[];
  /** Completes "lo_export …". */
  readonly because: string;
}

const { exact, prefixes } = index();

function index(): { exact: ReadonlyMap<string, Sensitive>; prefixes: readonly (readonly [string, Sensitive])[] } {
  const exact = new Map<string, Sensitive>();
  const prefixes: [string, Sensitive][] = [];
  for (const [effects, because, names] of CLASSES) {
    for (const name of names.split(' ')) {
      if (name.endsWith('*')) prefixes.push([name.slice(0, -1), { effects, because }]);
      else exact.set(name, { effects, because });
    }
  }
  return { exact, prefixes };
}

export function sensitive(name: string): Sensitive | undefined {
  return exact.get(name) ?? prefixes.find(([prefix]) => name.startsWith(prefix))?.[1];
}
