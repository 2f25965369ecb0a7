/** psql: scripts on its standard input, what it prints. */

import { createHash } from 'node:crypto';
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { report, type Scenarios, SLOW, SLOW_RUNS, UNICODE, until } from '../scenario.ts';
import { catalog } from './catalog.ts';
import { held } from './held.ts';
import { psql, states } from './session.ts';

const LITERALS: Readonly<Record<string, string>> = {
  null: 'null::text', bool: 'true', int2: '(-32768)::int2', int4: '2147483647', int8: '9007199254740993', numeric: '12345678901234567890.123456789',
  float8: '0.1::float8', text: `:'text'::text`, empty: `''::text`, bytea: String.raw`'\x00ff5c27'::bytea`, int_array: 'array[1,null,3]', text_array: `array['a,b','"',null]`,
  jsonb: `'{"a":[1,null],"\u00fc":"\u{1f418}"}'::jsonb`, timestamptz: `'2024-02-29T12:34:56.789Z'::timestamptz`, date: `'1999-12-31'::date`,
  uuid: `'0b5f1c9e-7a52-4f0e-9d3a-2f6f3c1d8e77'::uuid`,
};

const equal: Scenarios = {
  async connect() {
    const { lines } = await psql('select 1;\n\\encoding\n\\echo :SERVER_VERSION_NAME\nshow timezone;');
    return { one: Number(lines[0]), encoding: lines[1], native: lines };
  },

  async unprepared() {
    const several = await psql(`select 1 as a\\; select 'two' as b\\; select 3 as c where false;`, { args: ['-c', `select 1; select 'two'`, '-f', '-'] });
    const { lines } = await psql('select 42;\nselect 1 as one, 2 as two \\gset\n\\echo :one :two\nselect 1 \\gdesc');
    return { answer: Number(lines[0]), native: [several.lines, lines] };
  },

  async values() {
    const rows = Object.entries(LITERALS).map(([name, literal]) => `('${name}', (${literal})::text)`).join(', ');
    const { lines } = await psql(`select json_object_agg(name, shown) from (values ${rows}) v (name, shown);`, { args: ['-v', `text=${UNICODE}`] });
    return { shown: JSON.parse(lines[0] ?? '{}') as object };
  },

  async prepared() {
    const runs = Array.from({ length: 200 }, (_, index) => `execute reused(${index + 1});`).join('\n');
    const { lines } = await psql(`prepare reused as select $1::int4 + 0 /* reused */;\n${runs}\nselect count(*) from pg_prepared_statements where statement like '%/* reused' || ' */%';`);
    return { sum: lines.slice(0, 200).reduce((sum, line) => sum + Number(line), 0), kept: Number(lines[200]) };
  },

  async transactions() {
    const { lines } = await psql(`begin;\ninsert into items values (1, 'committed');\ncommit;\nbegin;\ninsert into items values (2, 'rolled back');\nrollback;
begin;\ninsert into items values (3, 'before');\nsavepoint s;\ninsert into items values (3, 'again');\n\\echo :SQLSTATE\nrollback to s;\ncommit;
begin;\nselect 1 / 0;\nselect 1;\n\\echo :SQLSTATE\nrollback;
select count(*) from items where id = 1;\nselect count(*) from items where id = 2;\nselect count(*) from items where id = 3;\nselect 1;\ndelete from items where id between 1 and 3;`);
    const [state, inFailed, committed, rolledBack, savepoint, after] = lines;
    return { state, inFailed, committed: Number(committed), rolledBack: Number(rolledBack), savepoint: Number(savepoint), after: Number(after) };
  },

  async errors() {
    const [, syntax, unique, check, notNull, table, division, invalid] = await states(
      `insert into items values (10, 'ten')`, 'selekt 1', `insert into items values (10, 'ten')`, `insert into items values (11, 'x', -1)`, 'insert into items values (11, null)',
      'select * from no_such_table', 'select 1 / 0', `select 'x'::text::int`,
    );
    const { errors, lines } = await psql(`insert into items values (10, 'ten');\nselect nothing from items;\nselect 1 +;\nselect 1;\ndelete from items where id = 10;`);
    // The notice of what was held in between isn't the server's.
    const native = errors.split('\n').filter((line) => /^(ERROR|LINE|DETAIL: {2}Key|CONSTRAINT|TABLE|LOCATION: {2}[^,]+, \w+\.c)/.test(line));
    return { syntax, unique, check, notNull, table, division, invalid, after: Number(lines[0]), native };
  },

  async copy() {
    const rows = Array.from({ length: 200_000 }, (_, index) => `${index + 1}\tlabel ${index + 1}\n`).join('');
    const { lines } = await psql(`delete from bulk where id > 0;\ncopy bulk from stdin;\n${rows}\\.\nselect count(*) from bulk;\nselect sum(id) from bulk;`);
    const out = spawn(process.env['PSQL'] ?? 'psql', ['-X', '-c', '\\copy (select id, label from bulk order by id) to stdout'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const copied = await text(out.stdout);
    await psql('delete from bulk where id > 0;');
    return { count: Number(lines[0]), sum: Number(lines[1]), out: createHash('sha256').update(copied).digest('hex') };
  },

  async 'copy-failed'() {
    const { lines, errors } = await psql('copy bulk from stdin;\n1\tone\nx\ttwo\n\\.\nselect 1;');
    return { bad: /^ERROR: {2}(\w+):/m.exec(errors)?.[1], after: Number(lines[0]) };
  },

  async cancel() {
    const { lines } = await psql('', {
      args: ['-c', SLOW, '-c', '\\echo :LAST_ERROR_SQLSTATE'],
      started: (child) => void until(async () => (await psql(SLOW_RUNS)).lines[0] === 't').then(() => child.kill('SIGINT')),
    });
    return { state: lines[0] };
  },

  async notify() {
    const { lines } = await psql(`listen news;\nnotify news, 'hello \u00fc';\nselect 1;`);
    return { payload: /with payload "(.*)" received/.exec(lines.join('\n'))?.[1] };
  },

  async cursor() {
    const { lines } = await psql('\\set FETCH_COUNT 700\nselect g from generate_series(1, 10000) g;');
    return { rows: lines.length, sum: lines.reduce((sum, line) => sum + Number(line), 0) };
  },

  async large() {
    const { lines } = await psql(`select g, repeat(g::text, 5) from generate_series(1, 100000) g;\nselect repeat('ab', 2500000);`);
    return { rows: lines.length - 1, sum: lines.slice(0, -1).reduce((sum, line) => sum + Number.parseInt(line, 10), 0), wide: lines.at(-1)?.length };
  },

  async encrypted() {
    return { encrypted: /SSL connection/.test((await psql('\\conninfo')).lines.join('')) };
  },
};

await report({ equal, held, catalog: { catalog } });
