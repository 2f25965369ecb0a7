/** What `countersign check` finds in the databases themselves: columns that the policy means, and whether the database would guard them, too. */

import type { Config, DatabaseConfig } from '../config/config.ts';
import { accessOf } from '../databases.ts';
import { guardable, mysqlProbe, mysqlReason, postgresReadable, postgresReason, postgresWider, readable } from '../masking/grants.ts';
import type { Readable } from '../masking/grants.ts';
import type { KnownDatabase } from '../masking/problems.ts';
import { Sights } from '../masking/sights.ts';
import type { Sight } from '../masking/sight.ts';
import { catalogSource as mysqlCatalog } from '../mysql/catalog-source.ts';
import { SeenServers } from '../mysql/flavour.ts';
import { QueryFailure } from '../mysql/text-query.ts';
import type { PolicyModel } from '../policy/model.ts';
import { catalogSource as postgresCatalog } from '../postgres/catalog-source.ts';
import type { CatalogData } from '../sql/catalog.ts';
import { loadCatalog as loadMysql } from '../sql/mysql/catalog-load.ts';
import { loadCatalog as loadPostgres } from '../sql/postgres/catalog-load.ts';

export interface Looked {
  readonly databases: readonly KnownDatabase[];
  /** Why a database couldn't be looked at; a sentence. */
  readonly unreachable: readonly string[];
  /** By database: masked columns that its own account can read. */
  readonly readable: readonly ({ readonly database: string } & Readable)[];
}

type Query = (sql: string) => Promise<readonly Readonly<Record<string, unknown>>[]>;

interface Seen extends KnownDatabase {
  readonly readable: readonly Readable[];
}

/** Connects to every database; those that can't be reached keep no other from being looked at. */
export async function lookAt(config: Config, policy: PolicyModel): Promise<Looked> {
  const looked = await Promise.all([...config.databases.values()].map(async (database) => {
    try {
      return await seen(database, policy);
    } catch (error) {
      return `${database.name}: its columns couldn't be read, so whether the policy masks what it means isn't known: ${error instanceof Error && error.message !== '' ? error.message : String(error)}`;
    }
  }));
  const databases = looked.filter((one) => typeof one !== 'string');
  return {
    databases,
    unreachable: looked.filter((one) => typeof one === 'string'),
    readable: databases.flatMap(({ name, readable }) => readable.map((one) => ({ database: name, ...one }))),
  };
}

async function seen(database: DatabaseConfig, policy: PolicyModel): Promise<Seen> {
  const { name, protocol } = database;
  const access = accessOf(database);
  const look = async (query: Query, load: (query: Query) => Promise<CatalogData>): Promise<Seen> => {
    const catalog = await load(query);
    // The key doesn't matter: nothing is run.
    const sight = new Sights({ protocol, hashKey: Buffer.alloc(32) }).sight(catalog, 0, policy, { groups: [] });
    return { name, protocol, catalog, readable: sight === undefined ? [] : await (protocol === 'mysql' ? ofMysql : ofPostgres)(query, sight, catalog) };
  };
  if (protocol === 'mysql') return mysqlCatalog({ ...access, seen: new SeenServers(), load: (query) => look(query, loadMysql) }).load();
  return postgresCatalog({ ...access, load: (query) => look(query, loadPostgres) }).load();
}

async function ofPostgres(query: Query, sight: Sight, catalog: CatalogData): Promise<Readable[]> {
  const question = postgresReadable(sight, catalog);
  if (question === undefined) return [];
  const may = new Set((await query(question)).map(({ relation, number }) => `${String(relation)}.${String(number)}`));
  const [who] = await query('SELECT current_user AS account');
  const wider = new Map((await query(postgresWider(sight, catalog))).map((row) => [String(row['relation']), postgresReason(row)]));
  return guardable(sight, catalog).flatMap(({ masked, relation }) => {
    const columns = masked.columns.filter(({ number }) => may.has(`${masked.oid}.${number}`)).map((column) => column.name);
    return columns.length === 0 ? [] : [readable('postgres', relation, masked, columns, String(who?.['account']), wider.get(String(masked.oid)))];
  });
}

async function ofMysql(query: Query, sight: Sight, catalog: CatalogData): Promise<Readable[]> {
  const [who] = await query('SELECT CURRENT_USER() AS account');
  const grants = (await query('SHOW GRANTS')).flatMap((row) => Object.values(row).map(String));
  const found: Readable[] = [];
  for (const { masked, relation } of guardable(sight, catalog)) {
    const columns: string[] = [];
    for (const column of masked.columns) if (await answers(query, mysqlProbe(masked, column.name))) columns.push(column.name);
    if (columns.length > 0) found.push(readable('mysql', relation, masked, columns, String(who?.['account']), mysqlReason(grants, masked.schema)));
  }
  return found;
}

async function answers(query: Query, sql: string): Promise<boolean> {
  try {
    await query(sql);
    return true;
  } catch (error) {
    if (error instanceof QueryFailure) return false;
    throw error;
  }
}
