/** Masks on all that MySQL's protocol has, through a whole proxy: prepared by SQL, large rows, cursors, several results, compression, and what isn't masked byte by byte. */

import { createHash } from 'node:crypto';
import { createConnection as mariadbConnection } from 'mariadb';
import { createConnection as mysql2Connection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Capability } from '../../src/mysql/packets/capabilities.ts';
import { Command } from '../../src/mysql/packets/commands.ts';
import type { PrepareOk } from '../../src/mysql/packets/prepare-ok.ts';
import { testedFlavours } from '../support/mysql-binaries.ts';
import { AGENT_PASSWORD } from '../support/proxy.ts';
import { type MaskedShop, startMaskedShop } from './masked-policy.ts';
import { commands } from './scripted.ts';

const BODY = createHash('sha256').update('x'.repeat(17_000_000)).digest('hex');
const WITHOUT_EOF = Capability.MultiStatements | Capability.MultiResults;
/** CLIENT_COMPRESS: nobody can be offered it. */
const COMPRESS = 0x20;

describe.each(testedFlavours())('before %s', (flavour) => {
  let shop: MaskedShop;
  beforeAll(async () => {
    shop = await startMaskedShop(flavour);
    await shop.mask('customers.email', 'large.secret');
  }, 120_000);
  afterAll(() => shop?.stop());

  it('what SQL prepares and executes is judged as it is by then', async () => {
    const client = await shop.wire();
    const rows = async (sql: string): Promise<unknown> => {
      const { rows: found, error } = await client.query(sql);
      return error?.errno ?? found;
    };
    for (const [text, using, wanted] of [
      ['select ? as k', ' using @a', [['1']]], ['select upper(note) from orders where id = 1', '', [['FIRST']]], ['select count(*) from orders', '', [['3']]],
      ['select note from orders where id = 1 union all select note from orders where id = 2', '', [['first'], ['second']]],
    ] as const) {
      expect(await rows(`prepare p from '${text}'`)).toEqual([]);
      await rows('set @a = 1');
      expect(await rows(`execute p${using}`), text).toEqual(wanted);
      await rows('deallocate prepare p');
    }
    await shop.mask();
    expect(await rows('prepare q from \'select email from customers where id = 1\'')).toEqual([]);
    expect(await rows('execute q')).toEqual([['ann@example.com']]);
    await shop.mask('customers.email', 'large.secret');
    expect(await rows('execute q')).toBe(1227);
    expect(await rows('prepare r from \'select email from customers where id = 1\'')).toBe(1227);
    await shop.mask('large.secret');
    expect(await rows('execute q')).toEqual([['ann@example.com']]);
    await shop.mask('customers.email', 'large.secret');
  });

  it.each([['with DEPRECATE_EOF', undefined], ['without', WITHOUT_EOF]] as const)('rows of more than 16 MiB come whole beside what is masked, as text and prepared, %s', async (_, flags) => {
    const client = await shop.wire(flags === undefined ? {} : { flags });
    const { rows } = await client.query('select id, secret, body from large order by id');
    expect(rows.map(([id, secret, body]) => [id, secret, body === 'y' ? body : hash(body)])).toEqual([['1', '***', BODY], ['2', '***', 'y']]);
    client.send(commands.prepare('select secret, body from large order by id'));
    const { statementId } = (await client.prepared()) as PrepareOk;
    client.send(commands.execute(statementId));
    const { rows: binary } = await client.answer(true);
    expect(binary[0]?.[0]?.slice(0, 6)).toBe('\0\0\x03***');
    expect(hash(binary[0]?.[0]?.slice(15))).toBe(BODY);
    expect(binary[1]).toEqual(['\0\0\x03***\x01y']);
    expect((await client.query('select 1')).rows).toEqual([['1']]);
    client.destroy();
  }, 60_000);

  it.runIf(flavour === 'mariadb')('such rows are masked by the net, too', async () => {
    const client = await shop.wire();
    const { rows, error } = await client.query('insert into large values (1, \'x\', \'y\') on duplicate key update id = 1 returning id, secret, body');
    expect(error).toBeUndefined();
    expect(rows.map(([id, secret, body]) => [id, secret, hash(body)])).toEqual([['1', '***', BODY]]);
    client.destroy();
  }, 60_000);

  it.each([['with DEPRECATE_EOF', undefined], ['without', WITHOUT_EOF]] as const)('what a cursor gives is masked, %s', async (_, flags) => {
    const client = await shop.wire(flags === undefined ? {} : { flags });
    client.send(commands.prepare('select id, email, name from customers order by id'));
    const { statementId } = (await client.prepared()) as PrepareOk;
    client.send(commands.execute(statementId, [], { cursor: true }));
    expect(await client.answer(true)).toMatchObject({ rows: [] });
    const fetched: string[] = [];
    for (const count of [2, 5]) {
      client.send(commands.statement(Command.StmtFetch, statementId, Buffer.from([count, 0, 0, 0])));
      fetched.push(...(await client.fetched()).map((row) => row.toString('latin1').replaceAll(/[^\x20-\x7e]/g, '')));
    }
    expect(fetched).toEqual(['***ann', '***bob', 'cy']);
    client.destroy();
  });

  it('a masked statement among several is answered in its place', async () => {
    const client = await shop.wire();
    expect((await client.query('select note from orders where id = 1; select email from customers order by id; update orders set note = \'third\' where id = 3; select name from customers where id = 1')).rows).toEqual([['first'], ['***'], ['***'], [null], ['ann']]);
    expect((await client.query('select 1; select email from customers where id = 1; select nothing from customers; select 2'))).toMatchObject({ rows: [['1'], ['***']], error: { errno: 1054 } });
    expect((await client.query('select 3')).rows).toEqual([['3']]);
    client.destroy();
  });

  it('COM_FIELD_LIST is refused where anything is masked, and the session goes on', async () => {
    const client = await shop.wire();
    client.send(commands.of(Command.FieldList, Buffer.from('customers\0')), commands.of(Command.Ping));
    const { error } = await client.answer();
    expect(error?.errno).toBe(1227);
    expect((await client.answer()).error).toBeUndefined();
    client.destroy();
  });

  it('compression is not agreed on, and who asks for it gets the same', async () => {
    const client = await shop.wire({ flags: WITHOUT_EOF | COMPRESS });
    expect((await client.query('select email from customers where id = 1')).rows).toEqual([['***']]);
    client.destroy();
    const { port } = shop.proxy;
    const mysql2 = await mysql2Connection({ uri: shop.proxy.url(), compress: true });
    expect((await mysql2.execute('select name, email from customers where id = 1'))[0]).toEqual([{ name: 'ann', email: '***' }]);
    await mysql2.end();
    const mariadb = await mariadbConnection({ host: '127.0.0.1', port, user: 'reporter', password: AGENT_PASSWORD, database: 'shop', compress: true });
    expect(await mariadb.execute('select name, email from customers where id = 1')).toEqual([{ name: 'ann', email: '***' }]);
    await mariadb.end();
  });
});

const hash = (text: string | null | undefined): string => createHash('sha256').update(text ?? '', 'latin1').digest('hex');
