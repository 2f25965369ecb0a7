import { createConnection } from 'mysql2/promise';
import { describe, expect, it } from 'vitest';
import { loadCatalog, versionId } from '../../../src/sql/mysql/catalog-load.ts';
import { testedFlavours } from '../../support/mysql-binaries.ts';
import { startMysql } from '../../support/mysql.ts';
import { queryOn, startSubject } from './subject.ts';

it.each([['10.11.19-MariaDB-0+deb12u1', 101_119], ['9.7.4', 90_704], ['8.0.36-28 Percona', 80_036], ['5.7.44-log', 50_744], ['nonsense', 0]])('%s is %i', (version, id) => {
  expect(versionId(version)).toBe(id);
});

describe.each(testedFlavours())('of %s', (flavour) => {
  it('everything that can be named is there', async () => {
    await using subject = await startSubject(flavour);
    const { serverVersion, mysql, relations, functions } = await subject.catalogSource.load();
    expect(serverVersion).toBe(versionId(subject.server.version));
    expect(mysql).toMatchObject({ flavour, lowerCaseTableNames: 0 });
    const find = (schema: string, name: string): (typeof relations)[number] | undefined => relations.find((relation) => relation.schema === schema && relation.name === name);
    expect(find('shop', 'customers')).toMatchObject({ kind: 'r', system: false, columns: [{ name: 'id' }, { name: 'email' }, { name: 'name' }, { name: 'phone' }] });
    expect(find('shop', 'taxed_orders')).toMatchObject({ kind: 'v', definition: expect.stringContaining('add_tax') as string });
    expect(find('information_schema', 'TABLES')).toMatchObject({ system: true });
    expect(functions.find(({ name }) => name === 'add_tax')).toMatchObject({ schema: 'shop', language: 'sql', volatility: 'immutable' });
    if (flavour === 'mariadb') expect(find('shop', 'tickets')).toMatchObject({ kind: 'S' });
  });

  it('what masks need to know is there', async () => {
    await using subject = await startSubject(flavour);
    await subject.server.query(`CREATE TABLE kinds (b int, a int, c varchar(9) CHARACTER SET latin1 COLLATE latin1_bin NOT NULL, g int AS (a + 1), i int INVISIBLE, PRIMARY KEY (a, b), KEY later (c, a), KEY early (b)); CREATE INDEX unseen ON kinds (c) ${flavour === 'mysql' ? 'INVISIBLE' : 'IGNORED'}; CREATE USER other IDENTIFIED BY 'x'; CREATE DEFINER = other SQL SECURITY DEFINER VIEW others AS SELECT a FROM kinds; CREATE SQL SECURITY INVOKER VIEW own AS SELECT a FROM kinds`, [], 'shop');
    const { relations } = await subject.catalogSource.load();
    const find = (name: string): (typeof relations)[number] | undefined => relations.find((relation) => relation.schema === 'shop' && relation.name === name);
    expect(find('kinds')).toMatchObject({ primaryKey: ['a', 'b'], indexes: [{ name: 'early', columns: ['b'] }, { name: 'later', columns: ['c', 'a'] }], columns: [{ name: 'b', notNull: true }, { name: 'a', notNull: true }, { name: 'c', notNull: true, collation: 'latin1_bin' }, { name: 'g', generated: expect.stringMatching(/a.*\+ 1/) as string }, { name: 'i', hidden: true }] });
    expect(find('kinds')?.columns.filter(({ hidden, generated }) => hidden === true || generated !== undefined)).toHaveLength(2);
    expect(find('kinds')?.readable).toBeUndefined();
    expect(find('others')?.rights).toBe('other@%');
    for (const name of ['own', 'others']) expect(find(name)?.barrier).toBeUndefined();
    expect(find('own')?.rights).toBeUndefined();
  });

  it('an account sees what it may see, and needs nothing else', async () => {
    await using subject = await startSubject(flavour);
    await subject.server.query("CREATE USER little IDENTIFIED BY 'x'; GRANT SELECT (id) ON shop.customers TO little");
    const connection = await createConnection({ uri: subject.server.urlFor({ user: 'little', password: 'x', database: 'shop' }) });
    const { relations } = await loadCatalog(queryOn(connection));
    await connection.end();
    expect(relations.filter(({ system }) => !system)).toEqual([expect.objectContaining({ name: 'customers', columns: [expect.objectContaining({ name: 'id' })] })]);
  });
});

describe.skipIf(!testedFlavours().includes('mariadb'))('a server that says it is another', () => {
  it('is known by the comments it runs', async () => {
    const server = await startMysql({ flavour: 'mariadb', settings: { version: '5.5.30-log' } });
    const connection = await createConnection({ uri: server.url });
    const { serverVersion, mysql } = await loadCatalog(queryOn(connection));
    const [row] = await queryOn(connection)('SELECT VERSION() AS version');
    await connection.end();
    await server.stop();
    expect(row?.['version']).toMatch(/^5\.5\.30/);
    expect(mysql?.flavour).toBe('mariadb');
    expect(serverVersion).toBeGreaterThanOrEqual(100_000);
  });
});
