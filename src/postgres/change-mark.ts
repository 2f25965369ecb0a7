import type pg from 'pg';
import type { ChangeMark } from '../protocol/change-mark.ts';
import type { OwnAccess } from '../protocol/own-access.ts';
import { catalogClient } from './catalog-source.ts';

/** The catalogs that say what names mean and what relations and views are made of. */
const CATALOGS = ['pg_class', 'pg_attribute', 'pg_attrdef', 'pg_rewrite', 'pg_inherits', 'pg_namespace', 'pg_type', 'pg_proc', 'pg_operator', 'pg_cast'];

/**
 * How many rows were ever written to these catalogs: counters in shared memory (pgstat_relation.c), so a few microseconds however large the catalogs are.
 * A session adds to them after its commit: at once, or within ten seconds if it did so less than a second before. VACUUM and ANALYZE don't count.
 */
const COUNTERS = `SELECT pg_catalog.concat(pg_catalog.pg_postmaster_start_time(), ' ', pg_catalog.sum(
  pg_catalog.pg_stat_get_tuples_inserted(c) + pg_catalog.pg_stat_get_tuples_updated(c) + pg_catalog.pg_stat_get_tuples_deleted(c))) AS counted
  FROM pg_catalog.unnest('{${CATALOGS.map((name) => `pg_catalog.${name}`).join(',')}}'::pg_catalog.regclass[]) AS c`;

export function changeMark(access: OwnAccess): ChangeMark {
  let kept: pg.Client | undefined;
  const close = async (): Promise<void> => {
    const ending = kept;
    kept = undefined;
    await ending?.end().catch(() => {});
  };
  return {
    async read() {
      try {
        kept ??= await catalogClient(access);
        return (await kept.query<{ counted: string }>(COUNTERS)).rows[0]?.counted ?? '';
      } catch (error) {
        await close();
        throw error;
      }
    },
    close,
  };
}
