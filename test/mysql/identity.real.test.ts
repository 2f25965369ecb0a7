/** What an agent gets byte by byte where nothing masked is touched, and what is otherwise where something is: beside the same server without us. */

import { createConnection, type Connection } from 'mysql2/promise';
import type { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MariaDbCapability } from '../../src/mysql/packets/capabilities.ts';
import { type ColumnDefinition, decodeColumnDefinition } from '../../src/mysql/packets/column-definition.ts';
import { testedFlavours } from '../support/mysql-binaries.ts';
import { type MaskedShop, startMaskedShop } from './masked-policy.ts';
import { payloads } from './scripted.ts';

/** A connection, and what came over it since the last look. */
interface Tapped {
  readonly connection: Connection;
  taken(): Buffer;
}

async function tapped(uri: string): Promise<Tapped> {
  const connection = await createConnection({ uri, multipleStatements: true });
  let chunks: Buffer[] = [];
  const { connection: { stream } } = connection as unknown as { readonly connection: { readonly stream: Socket } };
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return {
    connection,
    taken() {
      const bytes = Buffer.concat(chunks);
      chunks = [];
      return bytes;
    },
  };
}

const readable = ({ characterSet, length, type, flags, decimals, ...names }: ColumnDefinition): object =>
  ({ ...Object.fromEntries(Object.entries(names).map(([key, value]) => [key, value.toString()])), characterSet, length, type, flags, decimals });

describe.each(testedFlavours())('before %s', (flavour) => {
  let shop: MaskedShop;
  let direct: Tapped;
  let masked: Tapped;
  beforeAll(async () => {
    shop = await startMaskedShop(flavour);
    await shop.mask('customers.email', 'customers.score');
    direct = await tapped(shop.server.urlFor({ user: 'app', password: 'upstream', database: 'shop' }));
    masked = await tapped(shop.proxy.url());
  }, 120_000);
  afterAll(async () => {
    await direct?.connection.end();
    await masked?.connection.end();
    await shop?.stop();
  });

  const replies = async (run: (connection: Connection) => Promise<unknown>): Promise<readonly [Buffer, Buffer]> => {
    for (const { connection } of [direct, masked]) await run(connection).catch(() => undefined);
    return [direct.taken(), masked.taken()];
  };

  it('what touches nothing masked is the same byte by byte, definitions, errors and counts too', async () => {
    const TEXTS = [
      'select * from orders order by id', 'select note, id + 1 as next, null, 1.5e0, now() is null from orders where id = 2', 'select o.*, x.note from orders o join other.orders x on x.id = o.id', 'select nothing from orders',
      'selec 1', 'insert into orders values (1, 1, \'twice\')', 'update orders set note = note where id < 3', 'select 1; select note from orders; update orders set note = \'third\' where id = 3; select 2', 'select * from orders where id = 0',
      'explain select * from orders where id = 1', 'show columns from orders', 'select repeat(\'x\', 70000)', 'select cast(\'x\' as signed)', 'show warnings', 'begin; select 1; rollback', 'describe orders', 'select * from missing', 'do 1',
    ];
    for (const text of TEXTS) {
      const [plain, through] = await replies((connection) => connection.query(text));
      expect(plain.length, text).toBeGreaterThan(0);
      expect(through.toString('latin1'), text).toBe(plain.toString('latin1'));
    }
    for (const [text, parameters] of [['select * from orders where id >= ? order by id', [1]], ['select note, ? as given from orders where id = ?', ['x', 2]], ['update orders set note = note where id = ?', [1]], ['insert into orders values (?, 1, null)', [1]], ['select ? from missing', [1]]] as const) {
      for (let run = 0; run < 2; run++) {
        const [plain, through] = await replies((connection) => connection.execute(text, [...parameters]));
        expect(through.toString('latin1'), text).toBe(plain.toString('latin1'));
      }
    }
  });

  it('of a table with masked columns the others come with the same values, under the same names and types', async () => {
    for (const prepared of [false, true]) {
      const text = 'select id, name as called, c.name from customers c where id < 3 order by id';
      const [plain, through] = (await replies((connection) => (prepared ? connection.execute(text) : connection.query(text)))).map(payloads) as [Buffer[], Buffer[]];
      const definitions = (all: readonly Buffer[]): object[] => all.filter((payload) => payload.toString('latin1', 1, 4) === 'def').map((payload) => readable(decodeColumnDefinition(payload, { extended: flavour === 'mariadb' ? MariaDbCapability.ExtendedTypeInfo : 0 })));
      const others = (all: readonly Buffer[]): string[] => all.filter((payload) => payload.toString('latin1', 1, 4) !== 'def').map((payload) => payload.toString('hex'));
      expect(others(through)).toEqual(others(plain));
      // MariaDB tells the alias of a subquery as its table.
      expect(definitions(through)).toEqual(definitions(plain).map((column) => (flavour === 'mariadb' ? { ...column, orgTable: 'c' } : column)));
    }
  });
});
