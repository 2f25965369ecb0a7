import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { guardable, postgresReadable, readable } from '../../src/masking/grants.ts';
import { Sights } from '../../src/masking/sights.ts';
import { loadCatalog } from '../../src/sql/postgres/catalog-load.ts';
import type { TestPostgres } from '../support/postgres.ts';
import { startPostgres } from '../support/postgres.ts';
import { sensitive } from './support.ts';

let server: TestPostgres;
let client: pg.Client;
beforeAll(async () => {
  server = await startPostgres({ users: [{ name: 'app', password: 'app' }] });
  client = new pg.Client({ connectionString: server.url });
  await client.connect();
  await client.query(`CREATE SCHEMA "We""ird"; GRANT USAGE ON SCHEMA "We""ird" TO app; CREATE TABLE "We""ird"."T 1" (id int PRIMARY KEY, "E-mail" text NOT NULL, phone text, note text);
    GRANT SELECT ON "We""ird"."T 1" TO app; INSERT INTO "We""ird"."T 1" VALUES (1, 'a@b.c', '12345678', 'x'); ANALYZE`);
});
afterAll(async () => {
  await client.end();
  await server.stop();
});

test('the masks of the server\'s own relations run, and the relations are all there', async () => {
  const catalog = await loadCatalog(async (sql) => (await client.query<Record<string, unknown>>(sql)).rows);
  const sight = new Sights({ protocol: 'postgres', hashKey: Buffer.alloc(32) }).sight(catalog, 1, { version: '1', sensitive: [sensitive(['"E-mail"', '*.E-mail'])] }, { groups: [] });
  const system = sight?.data.relations.filter(({ schema }) => schema === 'pg_catalog') ?? [];
  expect(system.map(({ name }) => name)).toEqual(['pg_cursors', 'pg_largeobject', 'pg_prepared_statements', 'pg_stat_activity', 'pg_statistic', 'pg_statistic_ext_data', 'pg_stats', 'pg_stats_ext', 'pg_stats_ext_exprs']);
  for (const { name, columns } of system) {
    const { rows } = await client.query<Record<string, unknown>>(`SELECT ${columns.map((column) => `${column.sql.join(`"${column.name}"`)} AS "${column.name}"`).join(', ')} FROM pg_catalog.${name} LIMIT 3`);
    expect(rows.every((row) => Object.values(row).every((value) => value === null))).toBe(true);
    // What a column of that name that isn't masked says of values must be nothing: the rest is names, numbers of objects and times.
    expect([name, columns.length > 0]).toEqual([name, true]);
  }
});

test('the statements of the backstop do what they say, and constant masks still run', async () => {
  const app = new pg.Client({ connectionString: server.urlFor({ user: 'app', password: 'app', database: 'postgres' }) });
  await app.connect();
  try {
    const read = await loadCatalog(async (sql) => (await app.query<Record<string, unknown>>(sql)).rows);
    const catalog = { ...read, relations: read.relations.map((one) => ({ ...one, columns: one.columns.map((column) => (column.name === 'E-mail' ? { ...column, notNull: true as const } : column)) })) };
    const sight = new Sights({ protocol: 'postgres', hashKey: Buffer.alloc(32) }).sight(catalog, 1, { version: '1', sensitive: [sensitive(['*.E-mail']), sensitive(['*.phone'], { mask: 'last4' })] }, { groups: [] });
    if (sight === undefined) throw new Error('nothing is masked');
    const question = postgresReadable(sight, catalog) ?? '';
    expect((await app.query(question)).rows).toHaveLength(2);
    const [found] = guardable(sight, catalog);
    if (found === undefined) throw new Error('no relation');
    const told = readable('postgres', found.relation, found.masked, ['E-mail', 'phone'], 'app');
    expect(told).toEqual({ relation: 'We"ird.T 1', columns: ['E-mail', 'phone'], needed: ['phone'], statements: ['REVOKE SELECT ON TABLE "We""ird"."T 1" FROM "app";', 'GRANT SELECT ("id", "note") ON TABLE "We""ird"."T 1" TO "app";'] });
    for (const statement of told.statements) await client.query(statement);
    expect((await app.query(question)).rows).toEqual([]);
    await expect(app.query('SELECT "E-mail" FROM "We""ird"."T 1"')).rejects.toThrow(/permission denied/);
    const mask = found.masked.columns[0]?.sql.join('"E-mail"') ?? '';
    expect((await app.query(`SELECT id, ${mask} AS m FROM "We""ird"."T 1"`)).rows).toEqual([{ id: 1, m: expect.any(String) as string }]);
  } finally {
    await app.end();
  }
});
