/** Texts that run in the agent's text's place, and what the client notices of it: nothing. */

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Veil } from '../../src/masking/veil.ts';
import type { Step } from '../../src/protocol/statement.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { frames } from '../support/wire.ts';
import { byByte, form, pieces, sightOf, Veiled, whole } from './veiled.ts';

let server: TestPostgres;
let session: Veiled;
const sight = sightOf();
/** Which masks the policy asks for now. */
let mask = 'm1';

const masked = (): string => `(select id, '${mask}'::text as email from public.people)`;

function veilOf(text: string): Veil {
  return { sight, form: mask !== 'none' && text.includes('from people') ? form(text, ['people', `${masked()} people`]) : undefined, touches: text.includes('people'), understood: false };
}

beforeAll(async () => {
  server = await startPostgres();
  await server.query('create table people (id int, email text); insert into people values (1, \'real\')');
});
afterAll(() => server?.stop());
afterEach(() => {
  session?.close();
  mask = 'm1';
});

const open = async (): Promise<Veiled> => (session = await Veiled.open(server, veilOf));
const parse = (text: string, name = '', types: number[] = []): Uint8Array => frames.parse({ name, text, types });
const run = (statement = '', values: unknown[] = []): Uint8Array[] => [frames.bind({ statement, values: values as string[] }), frames.execute({})];
const row = (lines: readonly string[]): (string | undefined)[] => lines.filter((line) => /^(DataRow|Error)/.test(line));
const SELECT = 'select email from people';

describe.each([['whole', whole], ['by byte', byByte], ['in pieces', pieces(5)]] as const)('a form, %s', (_, chunking) => {
  it('runs in the place of a Query and of a Parse', async () => {
    const client = await open();
    client.chunking = chunking;
    expect(row(await client.query(`${SELECT}; select 2`))).toEqual(['DataRow "m1"', 'DataRow "2"']);
    expect(await client.ask(parse(SELECT, 's'), frames.describe({ type: 'S', name: 's' }), ...run('s'), frames.sync())).toEqual([
      'ParseComplete', 'ParameterDescription', 'RowDescription "email":25', 'BindComplete', 'DataRow "m1"', 'CommandComplete "SELECT 1"', 'ReadyForQuery I',
    ]);
    expect(row(await client.ask(parse('select email, $1::int8 from people', '', [20]), ...run('', ['7']), frames.sync()))).toEqual(['DataRow "m1" "7"']);
  });

  it('is prepared anew when it changes, and the client notices nothing', async () => {
    const client = await open();
    client.chunking = chunking;
    for (const name of ['', 'named']) {
      mask = 'm1';
      await client.ask(parse(SELECT, name), frames.sync());
      expect(row(await client.ask(...run(name), frames.sync()))).toEqual(['DataRow "m1"']);
      for (mask of ['m2', 'none', 'm3']) {
        const expected = `DataRow "${mask === 'none' ? 'real' : mask}"`;
        expect(await client.ask(...run(name), ...run(name), frames.sync(), ...run(name), frames.sync())).toEqual([
          ...[1, 2].flatMap(() => ['BindComplete', expected, 'CommandComplete "SELECT 1"']), 'ReadyForQuery I', 'BindComplete', expected, 'CommandComplete "SELECT 1"', 'ReadyForQuery I',
        ]);
      }
      expect(client.machine.prepared(name)).toMatchObject({ text: SELECT, veil: { form: { text: `select email from ${masked()} people` } } });
    }
    expect(client.machine.quiet).toBe(true);
    const count = client.sent.length;
    await client.ask(...run('named'), frames.sync());
    expect(client.sent.subarray(count).includes('select')).toBe(false);
  });
});

describe('a prepared statement whose form changes', () => {
  it('keeps its declared types', async () => {
    const client = await open();
    await client.ask(parse('select email, pg_typeof($1) from people', 's', [21]), frames.sync());
    mask = 'm2';
    expect(row(await client.ask(...run('s', ['1']), frames.sync()))).toEqual(['DataRow "m2" "smallint"']);
  });

  it('that can\'t be prepared any more fails at its Bind, and can be again later', async () => {
    const client = await open();
    await client.ask(parse(SELECT, 's'), frames.sync());
    mask = '\'||nosuch||\'';
    const lines = await client.ask(...run('s'), frames.execute({}), frames.sync());
    expect(lines).toHaveLength(2);
    // The place is that of the substitution in the agent's own text.
    expect(lines[0]).toMatch(/^ErrorResponse S="ERROR" C="42703" M="column \\"nosuch\\" does not exist" P="19"/);
    expect(client.ended).toMatchObject([{ error: { code: 'skipped' } }, { error: { code: 'skipped' } }]);
    expect(client.machine.prepared('s')).toMatchObject({ text: SELECT });
    mask = 'm3';
    expect(row(await client.ask(frames.describe({ type: 'S', name: 's' }), ...run('s'), frames.sync()))).toEqual(['DataRow "m3"']);
    expect(client.machine.quiet).toBe(true);
  });

  it('in a failed transaction says so, and is there again afterwards', async () => {
    const client = await open();
    await client.ask(parse(SELECT, 's'), frames.sync(), frames.query('begin'), frames.query('select 1/0'));
    mask = 'm2';
    expect((await client.ask(...run('s'), frames.sync()))[0]).toMatch(/C="25P02"/);
    await client.query('rollback');
    expect(row(await client.ask(...run('s'), frames.sync()))).toEqual(['DataRow "m2"']);
  });

  it('behind an error of the same segment is left as it was', async () => {
    const client = await open();
    await client.ask(parse(SELECT, 's'), frames.sync());
    mask = 'm2';
    expect(row(await client.ask(parse('select nonsense from nowhere'), ...run('s'), frames.sync()))).toHaveLength(1);
    expect(row(await client.ask(...run('s'), frames.sync()))).toEqual(['DataRow "m2"']);
  });

  it('leaves portals of its former form alone', async () => {
    const client = await open();
    await client.ask(frames.query('begin'), parse('select email from people, generate_series(1, 4)', 's'), frames.bind({ portal: 'p', statement: 's' }), frames.execute({ portal: 'p', rows: 1 }), frames.sync());
    mask = 'm2';
    const lines = await client.ask(...run('s'), frames.execute({ portal: 'p', rows: 0 }), frames.sync());
    expect(row(lines)).toEqual([...Array<string>(4).fill('DataRow "m2"'), ...Array<string>(3).fill('DataRow "m1"')]);
  });

  it('can be recalled when the journal fails, and is prepared anew later', async () => {
    const client = await open();
    await client.ask(parse(SELECT, 's'), frames.sync());
    mask = 'm2';
    const { machine } = client;
    machine.receive(Buffer.concat([...run('s'), frames.sync()]));
    const step = machine.next() as Step;
    client.veil(step);
    machine.forward(step);
    machine.recall({ code: 'journal_unavailable', message: 'full' });
    expect(Buffer.concat(machine.toDatabase.take()).includes('m2')).toBe(false);
    machine.sent();
    machine.reply(Buffer.concat([Buffer.from('E\0\0\0\x0dC34000\0\0\0', 'latin1'), Buffer.from('Z\0\0\0\x05I', 'latin1')]));
    machine.toClient.take();
    expect(machine.quiet).toBe(true);
    expect(row(await client.ask(...run('s'), frames.sync()))).toEqual(['DataRow "m2"']);
  });

  it('that SQL prepared is refused at its Bind, since a part of a text can\'t be prepared anew', async () => {
    const client = await open();
    await client.query(`prepare p as ${SELECT}`);
    expect(row(await client.ask(...run('p'), frames.sync()))).toEqual(['DataRow "m1"']);
    mask = 'm2';
    const lines = await client.ask(parse('select 3'), ...run(), ...run('p'), ...run(), frames.sync(), frames.query('select 4'));
    expect(row(lines)).toEqual(['DataRow "3"', expect.stringMatching(/C="42501" M="prepared statement \\"p\\" was prepared under other masks/), 'DataRow "4"']);
    expect(client.machine.quiet).toBe(true);
    await client.query('deallocate p');
    await client.query(`prepare p as ${SELECT}`);
    expect(row(await client.ask(...run('p'), frames.sync()))).toEqual(['DataRow "m2"']);
  });

  it('is bound under a name of more than 63 bytes', async () => {
    const client = await open();
    const name = 'ä'.repeat(40);
    await client.ask(parse(SELECT, name), frames.sync());
    mask = 'm2';
    expect(row(await client.ask(...run(name), frames.sync()))).toEqual(['DataRow "m2"']);
  });
});

describe('places of errors', () => {
  it.each([
    ['select nosuch, email from people', 8],
    ['select email, nosuch from people', 15],
    ['select \'😀é\', email from people where nosuch = 1', 38],
    ['select email from people where \'😀\' = nosuch', 38],
    ['select email from people where )', 32],
    ['select email from people order by', 34],
  ])('%s', async (text, position) => {
    const client = await open();
    for (const messages of [[frames.query(text)], [parse(text), frames.sync()]]) {
      expect((await client.ask(...messages))[0]).toMatch(new RegExp(` P="${position}"`));
    }
  });
});

describe('a COPY from a form', () => {
  it('is trusted', async () => {
    const client = await open();
    expect(await client.query('copy (select email from people) to stdout')).toContain('CopyData "m1\\n"');
  });

  it('into the server goes on as ever', async () => {
    const client = await open();
    const lines = await client.ask(parse('copy people from stdin'), ...run(), frames.copyData(Buffer.from('9\tx\n')), frames.copyDone(), frames.sync());
    expect(lines).toContain('CommandComplete "COPY 1"');
    await server.query('delete from people where id = 9');
  });
});
