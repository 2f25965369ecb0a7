/** The databases of the configuration as the sessions use them: each with its catalog, by the protocol it speaks. */

import { readFile } from 'node:fs/promises';
import type { Logger } from 'pino';
import type { Config, DatabaseConfig } from './config/config.ts';
import { readSecret } from './config/secrets.ts';
import { Sights } from './masking/sights.ts';
import { catalogSource as mysqlCatalog } from './mysql/catalog-source.ts';
import { changeMark as mysqlMark } from './mysql/change-mark.ts';
import type { SeenServers } from './mysql/flavour.ts';
import { estimateQuestion as mysqlEstimate } from './mysql/estimate.ts';
import { grammarQuestion as mysqlGrammar } from './mysql/grammar.ts';
import { catalogSource as postgresCatalog } from './postgres/catalog-source.ts';
import { changeMark as postgresMark } from './postgres/change-mark.ts';
import { estimateQuestion as postgresEstimate } from './postgres/estimate.ts';
import { grammarQuestion as postgresGrammar } from './postgres/grammar.ts';
import type { ChangeMark } from './protocol/change-mark.ts';
import type { EstimateQuestion } from './protocol/estimate.ts';
import type { GrammarQuestion } from './protocol/grammar.ts';
import type { OwnAccess } from './protocol/own-access.ts';
import type { Clock } from './runtime/clock.ts';
import { Database } from './session/database.ts';
import type { Understanding } from './sql/facts.ts';
import { loadCatalog as loadMysqlCatalog } from './sql/mysql/catalog-load.ts';
import { loadCatalog as loadPostgresCatalog } from './sql/postgres/catalog-load.ts';
import { createUnderstanding as understandMysql } from './sql/mysql/understanding.ts';
import { createUnderstanding as understandPostgres } from './sql/postgres/understanding.ts';

/** How long to wait before a database is tried again that couldn't be read. */
const OPEN_RETRY_MS = 2_000;

export interface DatabaseParts {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Logger;
  /** Key of `hash` masks: the same on every replica. */
  readonly hashKey: Buffer;
  /** Told what MySQL servers answer. */
  readonly seen: SeenServers;
}

/** Reads each database's catalog. One that can't be reached is tried again for ever, and keeps no other from being used. */
export async function openDatabases(parts: DatabaseParts, stack: AsyncDisposableStack): Promise<ReadonlyMap<string, Database>> {
  const { config, clock, log } = parts;
  const opened = new Map<string, Database>();
  const ending = new AbortController();
  stack.defer(() => ending.abort());
  const open = async (database: DatabaseConfig): Promise<void> => {
    try {
      const understanding = await understand(database, parts);
      const made = new Database({
        config: database, understanding, grammar: grammarOf(database, config), estimate: estimateOf(database), mark: markOf(database), sights: sightsOf(database, understanding, parts), clock, log,
      });
      if (ending.signal.aborted) return await made.close();
      stack.defer(() => made.close());
      opened.set(database.name, made);
      log.info({ database: database.name }, 'proxy: catalog read');
    } catch (error) {
      log.error({ err: error, database: database.name }, 'proxy: the database can\'t be used until its catalog can be read; trying again');
      if (!ending.signal.aborted) clock.after(OPEN_RETRY_MS, () => void open(database));
    }
  };
  await Promise.all([...config.databases.values()].map(open));
  return opened;
}

function sightsOf({ name, protocol }: DatabaseConfig, understanding: Understanding, { hashKey, log }: DatabaseParts): Sights {
  return new Sights({
    protocol, hashKey, lineage: (view) => understanding.shows(view),
    onRename: ({ before, now }) => log.warn({ database: name, before, now }, 'database: a masked column has another name now; it stays masked, but only until the next start: name it in the policy'),
  });
}

/** Reads the database's catalog. Rejects when that can't be done. */
export function understand(database: DatabaseConfig, { config, seen }: Pick<DatabaseParts, 'config' | 'seen'>): Promise<Understanding> {
  const { limits } = config;
  const access = accessOf(database);
  if (database.protocol === 'mysql') {
    return understandMysql({ catalogSource: mysqlCatalog({ ...access, seen, load: loadMysqlCatalog }), database: database.upstream.database, bytes: limits.statementBytes });
  }
  return understandPostgres({ catalogSource: postgresCatalog({ ...access, load: loadPostgresCatalog }), limits: { bytes: limits.statementBytes }, parseMs: limits.parseMs });
}

function markOf(database: DatabaseConfig): ChangeMark {
  return (database.protocol === 'mysql' ? mysqlMark : postgresMark)(accessOf(database));
}

function estimateOf(database: DatabaseConfig): EstimateQuestion {
  return (database.protocol === 'mysql' ? mysqlEstimate : postgresEstimate)(accessOf(database));
}

export function accessOf(database: DatabaseConfig): OwnAccess {
  return { database, password: () => secretOf(database), authorities: () => authoritiesOf(database) };
}

function grammarOf(database: DatabaseConfig, { timeouts }: Config): GrammarQuestion {
  return (database.protocol === 'mysql' ? mysqlGrammar : postgresGrammar)(accessOf(database), timeouts.upstreamConnectMs);
}

export function secretOf(database: DatabaseConfig): Promise<string | undefined> {
  return database.password === undefined ? Promise.resolve(undefined) : readSecret(database.password);
}

/** PEM of the authorities of this database's own. */
export function authoritiesOf({ tls }: DatabaseConfig): Promise<string | undefined> {
  return tls.ca === undefined ? Promise.resolve(undefined) : readFile(tls.ca, 'utf8');
}
