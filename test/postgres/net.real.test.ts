/** What arrives in spite of everything else: rows of masked origin, in every shape a client can have them sent. */

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Sight } from '../../src/masking/sight.ts';
import { Refused } from '../../src/protocol/refusal.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { frames } from '../support/wire.ts';
import { byByte, type Chunking, column, pieces, sightOf, Veiled, type VeilOf, whole } from './veiled.ts';

let server: TestPostgres;
let sight: Sight;
let session: Veiled | undefined;
const SECRET = 's3cret';

beforeAll(async () => {
  server = await startPostgres();
  await server.query(`create table people (id int primary key, email text, name text, phone text);
    create table plain (id int, note text);
    insert into plain select g, 'note ' || g from generate_series(1, 20) g;
    insert into people select g, case when g % 3 = 0 then null else '${SECRET}' || g || repeat('x', g % 7) end, 'n' || g, '${SECRET}' from generate_series(1, 20) g`);
  const [row] = await server.query<{ oid: number }>('select \'people\'::regclass::oid::int as oid');
  sight = sightOf({ schema: 'public', name: 'people', oid: row?.oid ?? 0, columns: [column('email', 2), column('phone', 4, { hideNulls: true })] });
});
afterAll(() => server?.stop());
afterEach(() => {
  session?.close();
  session = undefined;
});

/** Everything touches, and nothing is substituted: the net alone. */
const bare: VeilOf = (text) => ({ sight, form: undefined, touches: /people|\bc\b|\bp\b/.test(text), understood: false });

async function open(veilOf: VeilOf = bare, messageBytes?: number): Promise<Veiled> {
  session = await Veiled.open(server, veilOf, messageBytes);
  return session;
}

const extended = (text: string, { name = '', portal = '', binary = false, describe = '', rows = 0 } = {}): Uint8Array[] => [
  frames.parse({ name, text, types: [] }),
  frames.bind({ portal, statement: name, binary }),
  ...(describe === '' ? [] : [frames.describe({ type: describe as 'S' | 'P', name: describe === 'S' ? name : portal })]),
  frames.execute({ portal, rows }),
  frames.sync(),
];

const rowsOf = (lines: readonly string[]): string[] => lines.filter((line) => line.startsWith('DataRow'));
const clean = (client: Veiled): void => expect(client.bytes.includes(SECRET)).toBe(false);

const SHAPES: readonly (readonly [string, readonly Uint8Array[], number])[] = [
  ['a Query', [frames.query('select id, email, name, phone, email from people order by id')], 20],
  ['a batch', [frames.query('select 1; select phone from people; select note from plain; table people')], 61],
  ['extended, described portal', extended('select * from people', { describe: 'P' }), 20],
  ['extended, described statement', extended('select * from people', { describe: 'S' }), 20],
  ['extended, not described', extended('select * from people'), 20],
  ['extended, binary', extended('select * from people', { binary: true }), 20],
  ['RETURNING', [frames.query('update people set name = name returning *')], 20],
  ['RETURNING, extended', extended('update people set name = name returning email, id', { binary: true }), 20],
  ['a cursor', [frames.query('begin; declare c cursor for select * from people; fetch 5 from c; fetch all from c; commit')], 20],
  ['a binary cursor', [frames.query('begin; declare c binary cursor for select * from people; fetch all from c; commit')], 20],
  ['FETCH, extended', [frames.query('begin; declare c cursor for select email from people'), ...extended('fetch all from c'), frames.query('rollback')], 20],
  ['a cursor run as a portal', [frames.query('begin; declare c cursor for select email from people'), frames.execute({ portal: 'c' }), frames.sync(), frames.query('rollback')], 20],
  ['PREPARE and EXECUTE', [frames.query('prepare p as select email from people'), frames.query('execute p'), frames.query('deallocate p')], 20],
  ['PREPARE, and EXECUTE extended', [frames.query('prepare p as select email from people'), ...extended('execute p'), frames.query('deallocate p')], 20],
  ['one of another table in the same segment', [...extended('select note from plain', { describe: 'P' }).slice(0, -1), ...extended('select phone from people', { portal: 'b' })], 40],
  ['a portal in parts', [
    frames.query('begin'), frames.parse({ text: 'select email, id from people', types: [] }), frames.bind({ portal: 'q' }), frames.describe({ type: 'P', name: 'q' }),
    frames.execute({ portal: 'q', rows: 7 }), frames.execute({ portal: 'q', rows: 7 }), frames.sync(), frames.execute({ portal: 'q', rows: 0 }), frames.sync(), frames.query('commit'),
  ], 20],
  ['nested, joined, and in a subquery', [frames.query('select x.e, y.phone from (select email as e, id from people) x join people y using (id)')], 20],
];

const CHUNKINGS: readonly (readonly [string, Chunking])[] = [['whole', whole], ['by byte', byByte], ['in pieces', pieces(7)]];

describe('rows of masked origin', () => {
  it.each(SHAPES.flatMap(([shape, messages, rows]) => CHUNKINGS.map(([cut, chunking]) => [shape, cut, messages, rows, chunking] as const)))('by %s, %s', async (_, __, messages, rows, chunking) => {
    const client = await open();
    client.chunking = chunking;
    const lines = await client.ask(...messages);
    expect(lines.filter((line) => line.startsWith('Error'))).toEqual([]);
    expect(rowsOf(lines)).toHaveLength(rows);
    expect(client.ended.reduce((sum, outcome) => sum + outcome.rows, 0)).toBe(rows);
    expect(client.machine.quiet).toBe(true);
    clean(client);
  });

  it('keep all else byte by byte, and NULL as the mask says', async () => {
    const client = await open();
    await server.query('update people set phone = null where id = 2');
    expect(rowsOf(await client.query('select id, email, name, phone from people where id between 1 and 3 order by id'))).toEqual([
      'DataRow "1" "***" "n1" "***"', 'DataRow "2" "***" "n2" "***"', 'DataRow "3" NULL "n3" "***"',
    ]);
  });

  it('cost the client no message it didn\'t ask for', async () => {
    const client = await open();
    expect(await client.ask(...extended('select email from people where id = 1'))).toEqual(['ParseComplete', 'BindComplete', 'DataRow "***"', 'CommandComplete "SELECT 1"', 'ReadyForQuery I']);
    expect(client.ended).toMatchObject([{ rows: 1, tag: 'SELECT 1' }]);
  });

  it('are described only when they must be', async () => {
    const client = await open();
    await client.ask(...extended('select note from plain'));
    await client.ask(...extended('select email from people', { describe: 'P' }));
    expect(client.sent.toString('latin1').split('D\0\0\0\u0006P')).toHaveLength(2);
  });

  it('that are large are masked, too; over the limit they end the session', async () => {
    await server.query('delete from people where id > 100; insert into people values (101, repeat(\'y\', 300000), repeat(\'z\', 300000), null)');
    const client = await open();
    client.chunking = pieces(3);
    const lines = await client.query('select name, email from people where id = 101');
    expect(rowsOf(lines)[0]?.endsWith('z" "***"')).toBe(true);
    client.close();
    const small = await open(bare, 100_000);
    expect(rowsOf(await small.query('select repeat(\'z\', 300000)'))).toHaveLength(1);
    await expect(small.query('select name, email from people where id = 101')).rejects.toThrow(Refused);
    expect(small.bytes.includes('yyyy')).toBe(false);
    await server.query('delete from people where id = 101');
  });

  it('that come as whole rows end the session', async () => {
    await expect((await open()).query('select p from people p')).rejects.toThrow(/public\.people, which can't be masked/);
  });

  it.each(['copy people to stdout', 'copy (select email from people) to stdout (format binary)'])('%s ends the session', async (text) => {
    const client = await open();
    await expect(client.query(text)).rejects.toThrow(Refused);
    clean(client);
  });

  it('of a portal whose name stands for something else since it was described', async () => {
    const client = await open();
    await client.query('begin');
    await client.query('declare c cursor for select note from plain');
    await client.ask(frames.parse({ name: 'f', text: 'fetch all from c', types: [] }), frames.bind({ portal: 'f', statement: 'f' }), frames.describe({ type: 'P', name: 'f' }), frames.sync());
    await client.query('close c');
    await client.query('declare c cursor for select email from people');
    // The server itself may refuse it; what it may not do is deliver.
    await client.ask(frames.execute({ portal: 'f' }), frames.sync()).catch(() => undefined);
    clean(client);
  });

  it('under a search_path that makes another table of the name', async () => {
    await server.query('create schema if not exists other; create table if not exists other.people (id int, email text, name text, phone text)');
    const client = await open();
    await client.query('set search_path = other, public');
    await client.ask(frames.parse({ name: 's', text: 'select email from people', types: [] }), frames.describe({ type: 'S', name: 's' }), frames.bind({ statement: 's' }), frames.execute({}), frames.sync());
    await client.query('set search_path = public');
    expect(rowsOf(await client.ask(frames.bind({ statement: 's' }), frames.execute({}), frames.sync()))).toHaveLength(20);
    clean(client);
  });
});

describe('an agent that sees everything', () => {
  it('has nothing looked at, and nothing added', async () => {
    const client = await open(() => undefined);
    const messages = extended('select email from people where id = 1');
    await client.ask(...messages);
    expect(client.sent.equals(Buffer.concat(messages))).toBe(true);
    expect(client.bytes.includes(SECRET)).toBe(true);
  });
});
