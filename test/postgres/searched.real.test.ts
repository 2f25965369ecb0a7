/** Values in which something is looked for, with a real server, in whatever pieces its bytes come. */

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Detections } from '../../src/masking/detectors/detection.ts';
import type { Step } from '../../src/protocol/statement.ts';
import type { CatalogData } from '../../src/sql/catalog.ts';
import type { Facts } from '../../src/sql/facts.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { frames } from '../support/wire.ts';
import { byByte, pieces, Veiled, whole } from './veiled.ts';

const FACTS: Facts = { statements: [], effects: [], tables: [], unbounded: false, unresolved: false, integersFree: true };
const detection = new Detections([{ find: ['email', 'key'], mask: 'redact', unmask: [] }], { relations: [] } as unknown as CatalogData, () => new Map()).of(FACTS);

let server: TestPostgres;
let client: Veiled;
beforeAll(async () => {
  server = await startPostgres();
  await server.query(`create table notes (id int, body text); insert into notes select n, 'no ' || n || ' of n' || n || '@example.com, AKIAIOSFODNN7EXAMPLE' from generate_series(1, 40) n; insert into notes values (41, null), (42, repeat('x', 3000))`);
}, 60_000);
afterAll(() => server?.stop());
afterEach(() => client?.close());

async function open(messageBytes?: number): Promise<void> {
  client = await Veiled.open(server, () => undefined, messageBytes);
  client.veil = ({ statements }: Step) => {
    for (const statement of statements) statement.detection = detection;
  };
}

const data = (): string[] => client.lines.filter((line) => /^(?:DataRow|CopyData)/.test(line));

describe.each([['whole', whole], ['by byte', byByte], ['in pieces', pieces(7)]] as const)('%s', (_, chunking) => {
  it.each([
    ['select id, body from notes order by id', (n: number) => `DataRow "${n}" "no ${n} of [email], [key]"`, 42], ['copy (select id, body from notes order by id) to stdout', (n: number) => `CopyData "${n}\\tno ${n} of [email], [key]\\n"`, 42],
  ])('%s', async (text, wanted, count) => {
    await open();
    client.chunking = chunking;
    await client.query(text);
    expect(data()).toHaveLength(count);
    expect(data().slice(0, 40)).toEqual(Array.from({ length: 40 }, (__, index) => wanted(index + 1)));
    expect(client.ended.at(-1)).toMatchObject({ hits: { email: 40, key: 40 } });
    await client.ask(frames.parse({ text, types: [] }), frames.bind({}), frames.execute({}), frames.sync());
    expect(data().slice(0, 40)).toEqual(Array.from({ length: 40 }, (__, index) => wanted(index + 1)));
  });

  it('COPY in binary', async () => {
    await open();
    client.chunking = chunking;
    await client.query('copy (select id, body from notes where id < 3 order by id) to stdout (format binary)');
    expect(client.bytes.toString('latin1')).toContain('\0\u0016no 2 of [email], [key]');
    expect(client.bytes.includes('@')).toBe(false);
  });
});

it('rows over the limit end the session, and so does COPY data', async () => {
  for (const text of ['select body from notes where id = 42', 'copy (select body from notes where id = 42) to stdout']) {
    await open(2000);
    await expect(client.query(text)).rejects.toThrow('over the limit');
    client.close();
  }
});

it('statements in which nothing is looked for have nothing added', async () => {
  await open();
  client.veil = () => undefined;
  await client.ask(frames.parse({ text: 'select body from notes where id = 1', types: [] }), frames.bind({}), frames.execute({}), frames.sync());
  expect(data()).toEqual(['DataRow "no 1 of n1@example.com, AKIAIOSFODNN7EXAMPLE"']);
  expect(client.sent.includes('D\0\0\0\u0006P', 0, 'latin1')).toBe(false);
});
