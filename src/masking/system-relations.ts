/**
 * The servers' own relations that show values of tables, or texts of statements with values (and with the key of hashes) in them. For who
 * sees anything masked they are masked.
 */

import type { Dialect } from './masks.ts';

const STATS = ['null_frac', 'avg_width', 'n_distinct', 'most_common_vals', 'most_common_freqs', 'histogram_bounds', 'correlation', 'most_common_elems', 'most_common_elem_freqs',
  'elem_count_histogram', 'range_length_histogram', 'range_empty_frac', 'range_bounds_histogram'];
const slots = (...names: readonly string[]): string[] => names.flatMap((name) => [1, 2, 3, 4, 5].map((slot) => `${name}${slot}`));

const POSTGRES: Readonly<Record<string, readonly string[]>> = {
  'pg_catalog.pg_stats': STATS,
  'pg_catalog.pg_statistic': ['stanullfrac', 'stawidth', 'stadistinct', ...slots('stanumbers', 'stavalues')],
  'pg_catalog.pg_stats_ext': ['n_distinct', 'dependencies', 'most_common_vals', 'most_common_val_nulls', 'most_common_freqs', 'most_common_base_freqs'],
  'pg_catalog.pg_stats_ext_exprs': STATS,
  'pg_catalog.pg_statistic_ext_data': ['stxdndistinct', 'stxddependencies', 'stxdmcv', 'stxdexpr'],
  'pg_catalog.pg_stat_activity': ['query'],
  'pg_catalog.pg_prepared_statements': ['statement'],
  'pg_catalog.pg_cursors': ['statement'],
  'pg_catalog.pg_largeobject': ['data'],
};

/** Wherever their extensions put them. */
const EXTENSIONS: Readonly<Record<string, readonly string[]>> = {
  pg_stat_statements: ['query'],
  pg_stat_monitor: ['query', 'query_plan', 'top_query', 'comments', 'message'],
  pg_qualstats: ['constvalue', 'example_query'], pg_qualstats_pretty: ['constvalue', 'example_query'], pg_qualstats_all: ['constvalue'], pg_qualstats_example_queries: ['query'],
  pg_stat_kcache_detail: ['query'], pg_store_plans: ['plan'],
};

const TEXTS = ['sql_text', 'digest_text'];
const QUERY = ['query'];
const LOCK_WAITS = ['waiting_query', 'blocking_query', 'sql_kill_blocking_query'];

const MYSQL: Readonly<Record<string, readonly string[]>> = {
  'information_schema.processlist': ['info', 'info_binary'],
  'information_schema.column_statistics': ['histogram'],
  'information_schema.optimizer_trace': ['query', 'trace'],
  'information_schema.innodb_trx': ['trx_query'],
  'information_schema.innodb_locks': ['lock_data'],
  'information_schema.innodb_ft_index_cache': ['word'],
  'information_schema.innodb_ft_index_table': ['word'],
  'performance_schema.data_locks': ['lock_data'],
  'performance_schema.error_log': ['data'],
  'performance_schema.events_statements_current': [...TEXTS, 'message_text'],
  'performance_schema.events_statements_history': [...TEXTS, 'message_text'],
  'performance_schema.events_statements_history_long': [...TEXTS, 'message_text'],
  'performance_schema.events_statements_summary_by_digest': ['digest_text', 'query_sample_text'],
  'performance_schema.prepared_statements_instances': ['sql_text'],
  'performance_schema.processlist': ['info'],
  'performance_schema.threads': ['processlist_info'],
  'performance_schema.user_variables_by_thread': ['variable_value'],
  'mysql.column_stats': ['min_value', 'max_value', 'nulls_ratio', 'avg_length', 'avg_frequency', 'hist_type', 'histogram'],
  'mysql.index_stats': ['avg_frequency'],
  'mysql.general_log': ['argument'],
  'mysql.slow_log': ['sql_text'],
  ...Object.fromEntries(['', 'x$'].flatMap((x) => [
    ...['statement_analysis', 'statements_with_errors_or_warnings', 'statements_with_full_table_scans', 'statements_with_runtimes_in_95th_percentile', 'statements_with_sorting', 'statements_with_temp_tables']
      .map((name) => [`sys.${x}${name}`, QUERY] as const),
    [`sys.${x}processlist`, ['current_statement', 'last_statement']], [`sys.${x}session`, ['current_statement', 'last_statement']],
    [`sys.${x}innodb_lock_waits`, LOCK_WAITS], [`sys.${x}schema_table_lock_waits`, LOCK_WAITS],
  ])),
};

/** Names of the columns that show values; none for any other relation. MySQL's in lower case. */
export function showsValues(dialect: Dialect, schema: string, name: string, columns: readonly string[]): readonly string[] {
  if (dialect === 'mysql') return MYSQL[`${schema}.${name}`.toLowerCase()] ?? [];
  const own = POSTGRES[`${schema}.${name}`];
  if (own !== undefined) return own;
  // An extension's, or any relation that looks like it: its first columns are told apart by their names only.
  return (EXTENSIONS[name] ?? []).filter((column) => columns.includes(column));
}
