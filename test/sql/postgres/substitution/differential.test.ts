/** What a real server makes of substituted texts. */

import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Catalog } from '../../../../src/sql/catalog.ts';
import type { CatalogData } from '../../../../src/sql/catalog.ts';
import { loadCatalog } from '../../../../src/sql/postgres/catalog-load.ts';
import { Parser } from '../../../../src/sql/postgres/parser.ts';
import { Substituter } from '../../../../src/sql/postgres/substitution/substituter.ts';
import type { Sight } from '../../../../src/masking/sight.ts';
import { startPostgres } from '../../../support/postgres.ts';
import type { TestPostgres } from '../../../support/postgres.ts';
import { rows, SHOP, shopSight } from './shop.ts';
import { INNOCENT, LAUNDERING } from './statements.ts';

let server: TestPostgres;
let clients: Client[];
let substituter: Substituter;
let sight: Sight;
let catalog: CatalogData;

beforeAll(async () => {
  server = await startPostgres();
  clients = [];
  for (const salt of ['secret', 'otherwise']) {
    await server.query(`CREATE DATABASE ${salt}`);
    const client = new Client({ connectionString: server.urlFor({ database: salt }) });
    await client.connect();
    await client.query(SHOP);
    await client.query(rows(salt));
    clients.push(client);
  }
  const [first] = clients;
  const data = await loadCatalog(async (sql) => (await first?.query<Record<string, unknown>>(sql))?.rows ?? []);
  await first?.query('RESET search_path');
  substituter = new Substituter(await Parser.start(), new Catalog(data));
  sight = shopSight(data);
  catalog = data;
});
afterAll(async () => {
  for (const client of clients) await client.end();
  await server.stop();
});

interface Ran {
  readonly rows?: readonly unknown[];
  readonly fields?: readonly string[];
  readonly error?: string;
}

async function run(client: Client | undefined, text: string): Promise<Ran> {
  await client?.query('BEGIN');
  try {
    const result = await client?.query({ text, rowMode: 'array' });
    return { rows: result?.rows ?? [], fields: result?.fields.map(({ name, dataTypeID }) => `${name} ${dataTypeID}`) ?? [] };
  } catch (error) {
    return { error: (error as Error).message + ((error as { detail?: string }).detail ?? '') };
  } finally {
    await client?.query('ROLLBACK');
  }
}

describe('a real server', () => {
  it('answers laundering the same whatever is masked, with the columns that the original has', async () => {
    const differing: string[] = [];
    let ran = 0;
    for (const sql of LAUNDERING) {
      const { text } = substituter.substitute(sql, ['public'], sight);
      if (text === undefined) continue;
      const [one, other] = [await run(clients[0], text), await run(clients[1], text)];
      if (JSON.stringify([one.rows, one.error]) !== JSON.stringify([other.rows, other.error])) differing.push(`${sql}\n${text}`);
      const original = await run(clients[0], sql);
      if (one.fields !== undefined) ran++;
      if (one.fields !== undefined && JSON.stringify(one.fields) !== JSON.stringify(original.fields)) differing.push(`columns of ${sql}: ${one.fields.join()} ${original.fields?.join() ?? original.error ?? ''}`);
      if (one.error !== undefined && original.error === undefined && one.error !== 'division by zero') differing.push(`${sql}: ${one.error}`);
    }
    expect(differing).toEqual([]);
    expect(ran).toBeGreaterThan(LAUNDERING.length * 0.7);
  });

  it('answers as without masks what uses nothing masked, or looks it up', async () => {
    const differing: string[] = [];
    for (const sql of INNOCENT) {
      const { text, obstacle } = substituter.substitute(sql, ['public'], sight);
      if (text === undefined) differing.push(`${sql}: ${obstacle ?? ''}`);
      else if (JSON.stringify(await run(clients[0], text)) !== JSON.stringify(await run(clients[0], sql))) differing.push(`${sql}\n${text}\n${JSON.stringify(await run(clients[0], text))}`);
      else if (text === sql) differing.push(`${sql} wasn't substituted`);
    }
    expect(differing).toEqual([]);
  });

  it('tells the catalog what masks need', async () => {
    const customers = catalog.relations.find(({ schema, name }) => schema === 'public' && name === 'customers');
    expect(customers?.primaryKey).toEqual(['id']);
    expect(customers?.columns.filter(({ notNull }) => notNull === true).map(({ name }) => name)).toEqual(['id', 'ssn']);
    expect(customers?.readable).toBeUndefined();
    expect(catalog.relations.find(({ name }) => name === 'guarded')?.barrier).toBe('is a security barrier');
    expect(catalog.relations.find(({ name }) => name === 'contacts')?.barrier).toBeUndefined();
    expect(catalog.searchPath).toEqual(['public']);
    await server.query(`CREATE TABLE sums (b int, a int, c int GENERATED ALWAYS AS (a + b) STORED, PRIMARY KEY (a, b)); CREATE ROLE clerk LOGIN PASSWORD 'clerk'; GRANT SELECT (a) ON sums TO clerk;
      CREATE VIEW of_sums AS SELECT a FROM sums`, [], 'secret');
    const clerk = new Client({ connectionString: server.urlFor({ database: 'secret', user: 'clerk', password: 'clerk' }) });
    await clerk.connect();
    const seen = await loadCatalog(async (sql) => (await clerk.query<Record<string, unknown>>(sql)).rows);
    const again = await loadCatalog(async (sql) => (await clerk.query<Record<string, unknown>>(sql)).rows);
    await clerk.end();
    const sums = seen.relations.find(({ name }) => name === 'sums');
    expect([sums?.primaryKey, sums?.readable, sums?.columns.at(2)?.generated]).toEqual([['a', 'b'], false, '(a + b)']);
    expect(seen.relations.find(({ name }) => name === 'of_sums')?.barrier).toContain('another owner');
    expect(again.searchPath).toEqual(['public']);
  });

  it('gets nearly all of it: few are refused', () => {
    const refused = LAUNDERING.filter((sql) => substituter.substitute(sql, ['public'], sight).text === undefined);
    expect(refused).toEqual(['SELECT * FROM guarded', 'SELECT *, ctid FROM customers', 'SELECT postgres.public.customers.ssn FROM public.customers']);
  });
});
