/**
 * The servers' own functions, and known extensions', that show texts of statements (with the key of hashes in them) or values of tables. Who sees
 * anything masked may not call them, whatever the policy says of the effect `routine`: nothing in what they show can be masked.
 */

import type { EffectUse } from '../sql/facts.ts';

/** By the name alone: extensions are wherever somebody has put them. */
const NAMES: ReadonlySet<string> = new Set([
  // PostgreSQL: what sessions run, have prepared, and have open.
  'pg_stat_get_activity', 'pg_stat_get_backend_activity', 'pg_prepared_statement', 'pg_cursor',
  // Extensions that keep statements or plans.
  'pg_stat_statements', 'pg_stat_monitor', 'pg_stat_monitor_internal', 'pg_store_plans', 'pg_qualstats', 'pg_qualstats_example_query', 'pg_qualstats_example_queries', 'pg_query_state',
  'pg_show_plans',
  // pageinspect, pg_walinspect: tables' pages and the write-ahead log.
  'get_raw_page', 'heap_page_items', 'heap_page_item_attrs', 'tuple_data_split', 'bt_page_items', 'gist_page_items', 'gin_leafpage_items', 'brin_page_items', 'hash_page_items',
  'pg_get_wal_record_info', 'pg_get_wal_records_info', 'pg_get_wal_block_info',
  // MySQL, schema sys: what threads have run.
  'ps_thread_stack', 'ps_thread_trx_info', 'ps_trace_thread', 'ps_trace_statement_digest', 'statement_performance_analyzer', 'diagnostics',
]);

/** The name of one that the statement calls. */
export function showingFunction(effects: readonly EffectUse[]): string | undefined {
  const objects = effects.flatMap(({ effect, objects }) => (effect === 'routine' ? objects : []));
  return objects.flatMap((object) => /^(?:function|procedure) (.+)$/.exec(object)?.[1] ?? []).find((name) => NAMES.has(name.slice(name.lastIndexOf('.') + 1).toLowerCase()));
}
