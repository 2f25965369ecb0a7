/** What the server says beside rows. Every way it has of quoting a value, and what must still be told. */

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Sight } from '../../src/masking/sight.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { frames } from '../support/wire.ts';
import { byByte, column, sightOf, Veiled, type VeilOf } from './veiled.ts';

let server: TestPostgres;
let sight: Sight;
let session: Veiled;
const SECRET = 's3cret';

beforeAll(async () => {
  server = await startPostgres();
  await server.query(`create table people (id int primary key, email text unique, n int, parent int references people deferrable initially deferred, check (email <> 'bad'));
    insert into people values (1, '${SECRET}', 7, null), (2, '${SECRET}2', 8, null);
    create table orders (id int primary key, note text);
    insert into orders values (1, 'x');
    create table lines (id int, email text, order_id int references orders on delete cascade deferrable initially deferred, check (order_id is not null));
    insert into lines values (1, '${SECRET}', 1);
    create function tell(what text) returns text language plpgsql as $$ begin raise notice 'it is %', what; return what; end $$;
    create function fail(what text) returns text language plpgsql as $$ begin raise exception using errcode = '23505', message = what, detail = what, hint = what, table = what, column = what, constraint = what, schema = what; end $$;
    create function denied(what text) returns text language plpgsql as $$ begin raise exception using errcode = '42501', message = what; end $$;
    create function dynamic(what text) returns text language plpgsql as $$ begin execute 'select ' || quote_ident(what); return ''; end $$;
    create function loud() returns trigger language plpgsql as $$ begin perform pg_notify('changes', new.email); return new; end $$;
    create trigger t after update on people for each row execute function loud();
    create function later() returns trigger language plpgsql as $$ begin raise exception 'later %', old.email; end $$;
    create constraint trigger d after delete on people deferrable initially deferred for each row execute function later()`);
  const oids = await server.query<{ people: number; lines: number }>('select \'people\'::regclass::oid::int as people, \'lines\'::regclass::oid::int as lines');
  sight = sightOf(
    { schema: 'public', name: 'people', oid: oids[0]?.people ?? 0, columns: [column('email', 2)] },
    { schema: 'public', name: 'lines', oid: oids[0]?.lines ?? 0, columns: [column('email', 2)] },
  );
});
afterAll(() => server?.stop());
afterEach(() => session?.close());

const veilOf: VeilOf = (text) => ({ sight, form: undefined, touches: /people|lines/.test(text), understood: false });
const open = async (veil: VeilOf = veilOf): Promise<Veiled> => (session = await Veiled.open(server, veil));
const ABOUT = 'M="the database reported an error about data that is masked"';

const ATTACKS: readonly (readonly [string, string, string])[] = [
  ['a duplicate key', 'update people set email = \'s3cret2\' where id = 1', 'C="23505" M="duplicate key value violates unique constraint \\"people_email_key\\"" s="public" t="people" n="people_email_key"'],
  ['a failing row', 'update people set id = null where id = 1', 'C="23502" M="null value in column \\"id\\" of relation \\"people\\" violates not-null constraint" s="public" t="people" c="id"'],
  ['a cast', 'select email::int from people', `C="22P02" ${ABOUT}`],
  ['a cast to an object', 'select email::regclass from people', `C="42P01" ${ABOUT}`],
  ['a tsquery', 'select to_tsquery(email || \' &&& !\') from people', `C="42601" ${ABOUT}`],
  ['a function that raises what it likes', 'select fail(email) from people', `C="23505" ${ABOUT}`],
  ['a function that says it isn\'t permitted', 'select denied(email) from people', `C="42501" ${ABOUT}`],
  ['dynamic SQL', 'select dynamic(email) from people', `C="42703" ${ABOUT}`],
  ['overflow', 'select n * 1000000000 from people', `C="22003" ${ABOUT}`],
  ['a batch', 'select 1; select email::int from people', `C="22P02" ${ABOUT}`],
  ['a column that isn\'t there', 'select emial from people', 'C="42703" M="column \\"emial\\" does not exist" H="Perhaps you meant to reference the column \\"people.email\\"." P="8"'],
  ['a WITH query that isn\'t seen', 'with a as (select * from b), b as (select 1) select * from people, a', 'C="42P01" M="relation \\"b\\" does not exist" D="There is a WITH item named \\"b\\", but it cannot be referenced from this part of the query." H="Use WITH RECURSIVE, or re-order the WITH items to remove forward references." P="26"'],
  ['a literal of the agent\'s own', 'select email from people where id = \'x\'', 'C="22P02" M="invalid input syntax for type integer: \\"x\\"" P="37"'],
  ['folding of constants', 'select id / (1 - 1) from people', 'C="22012" M="division by zero"'],
  ['dynamic SQL over a value that is no SQL', 'select dynamic(email || \'"\'), xmlparse(document email) from people', `C="42703" ${ABOUT}`],
  ['XML', 'select xmlparse(document \'<\' || email) from people', `C="2200M" ${ABOUT}`],
  ['SQL run by a function of the server', 'select query_to_xml(\'select \' || email, true, true, \'\') from people', `C="42703" ${ABOUT}`],
  ['a syntax error', 'select from people where where', 'C="42601" M="syntax error at or near \\"where\\"" P="26"'],
];

describe('an error', () => {
  it.each(ATTACKS)('of %s', async (_, text, fields) => {
    for (const messages of [[frames.query(text)], text.includes(';') ? [] : [frames.parse({ text, types: [] }), frames.bind({}), frames.execute({}), frames.sync()]]) {
      if (messages.length === 0) continue;
      const client = await open();
      client.chunking = byByte;
      const error = (await client.ask(...messages)).find((line) => line.startsWith('Error'));
      expect(error).toBe(`ErrorResponse S="ERROR" ${fields}`);
      // libpq's field F names a file and R a function of the server's source: which check failed is nobody's affair.
      expect(client.bytes.includes('elog.c') || client.bytes.includes('\0R')).toBe(false);
      const told = client.ended.flatMap(({ error }) => error?.message ?? []).join();
      expect(told).not.toContain(SECRET);
      // What the agent wrote itself may come back.
      if (!text.includes(SECRET)) expect(client.bytes.includes(SECRET)).toBe(false);
      client.close();
    }
  });

  it('of a deferred trigger, at COMMIT and at Sync', async () => {
    const client = await open();
    for (const lines of [
      await client.ask(frames.query('begin'), frames.query('delete from people where id = 2'), frames.query('commit')),
      await client.ask(frames.parse({ text: 'delete from people where id = 2', types: [] }), frames.bind({}), frames.execute({}), frames.sync()),
    ]) expect(lines.filter((line) => line.startsWith('Error'))).toEqual([`ErrorResponse S="ERROR" C="P0001" ${ABOUT}`]);
    expect(client.bytes.includes(SECRET)).toBe(false);
    // The next transaction is another one.
    expect((await client.query('select \'x\'::int'))[0]).toContain('M="invalid input syntax for type integer: \\"x\\""');
  });

  it('that names a masked relation, of a statement that doesn\'t', async () => {
    const client = await open();
    await client.query('select 1');
    await server.query('alter table lines add constraint nn check (id <> 99)');
    const lines = await client.query('do $$ begin execute \'up\' || \'date li\' || \'nes set id = 99\'; end $$');
    expect(lines[0]).toBe('ErrorResponse S="ERROR" C="23514" M="new row for relation \\"lines\\" violates check constraint \\"nn\\"" s="public" t="lines" n="nn"');
    expect(client.bytes.includes(SECRET)).toBe(false);
  });

  it('of anything else is as the server wrote it', async () => {
    const client = await open();
    await client.query('select 1');
    const before = client.bytes.length;
    expect((await client.query('insert into orders values (1)'))[0]).toContain('D="Key (id)=(1) already exists."');
    expect(client.bytes.subarray(before).includes('\0R_bt_check_unique')).toBe(true);
  });
});

describe('a notice', () => {
  it('of a statement that touches, and in its transaction', async () => {
    const client = await open();
    const lines = await client.ask(frames.query('begin'), frames.query('select tell(email), 1 from people'), frames.query('select tell(\'x\')'), frames.query('commit'), frames.query('select tell(\'x\')'));
    const notice = 'NoticeResponse S="NOTICE" C="00000" M="the database gave a notice about data that is masked"';
    expect(lines.filter((line) => line.startsWith('Notice'))).toEqual([notice, notice, notice, expect.stringMatching(/M="it is x" W="PL/)]);
  });
});

describe('a notification', () => {
  it('says that something happened, and not what', async () => {
    const client = await open();
    await client.query('listen changes');
    await server.query('update people set n = 1 where id = 1');
    while (!client.bytes.includes('changes\0')) await client.query('select 1');
    expect(client.bytes.includes('changes\0\0')).toBe(true);
    expect(client.bytes.includes(SECRET)).toBe(false);
  });

  it('is whole for who sees everything', async () => {
    const client = await open(() => undefined);
    await client.query('listen changes');
    const lines = await client.ask(frames.query('notify changes, \'hello\''), frames.query('select 1'));
    expect(lines).toContain('NotificationResponse "changes" "hello"');
  });
});
