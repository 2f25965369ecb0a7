/** The servers' own clients: scripts on their standard input, what they print. node main.ts PROGRAM SET */

import { report, UNICODE, until, type Scenarios } from '../../scenario.ts';
import { ROWS, SHOWN, SLOW, SLOW_RUNS, target, TEN_THOUSAND } from '../scenario.ts';
import { held } from './held.ts';
import { cli, errnos } from './session.ts';

const NAMES = ['nothing', 'tiny', 'whole', 'big', 'ubig', 'exact_', 'approx', 'txt', 'blank', 'bytes', 'at', 'day', 'clock', 'doc', 'bits'] as const;
const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

const equal: Scenarios = {
  async connect() {
    const { lines } = await cli('select 1;\nselect @@character_set_client;\nselect version();\nstatus');
    const server = lines.filter((line) => /^(Server version|Protocol version|Server characterset|Db {5}characterset|Conn\. characterset):/.test(line));
    return { one: Number(lines[0]), charset: lines[1], native: [lines[2], server] };
  },

  async unprepared() {
    const { lines } = await cli(`delimiter //\nselect 1 as v; select 'two' as v; select 3 as v//\ndelimiter ;\nselect 42;`);
    return { answer: Number(lines[3]), several: lines.slice(0, 3) };
  },

  async values() {
    const literals = `2, null, -128, 2147483647, -9223372036854775808, 18446744073709551615, 12345678901234567890.123456789, 0.1, ${quoted(UNICODE)}, '', x'00ff5c27',
      '2024-02-29 12:34:56.789', '1999-12-31', '12:34:56.789', '{"a": [1, null], "ü": "🐘"}', b'10100101'`;
    const { lines } = await cli(`delete from typed where id > 0;\ninsert into typed values (${literals});\n${SHOWN}2;\nselect * from typed where id = 2;\ndelete from typed where id = 2;`);
    const cells = lines[0]?.split('\t') ?? [];
    return { interpolated: Object.fromEntries(NAMES.map((name, index) => [name, cells[index] === 'NULL' ? null : cells[index]])), native: lines };
  },

  async prepared() {
    const runs = Array.from({ length: 200 }, (_, index) => `set @v = ${index + 1};\nexecute reused using @v;`).join('\n');
    const { lines } = await cli(`prepare reused from 'select ? + 0';\n${runs}\ndeallocate prepare reused;`);
    return { sum: lines.reduce((sum, line) => sum + Number(line), 0) };
  },

  async transactions() {
    const said = await cli(`begin;\ninsert into items values (1, 'committed', null);\ncommit;\nbegin;\ninsert into items values (2, 'rolled back', null);\nrollback;
begin;\ninsert into items values (3, 'before', null);\nsavepoint s;\ninsert into items values (3, 'again', null);\nrollback to s;\ncommit;
select count(*) from items where id = 1;\nselect count(*) from items where id = 2;\nselect count(*) from items where id = 3;\nselect 1;\ndelete from items where id between 1 and 3;`);
    const [committed, rolledBack, savepoint, after] = said.lines.map(Number);
    return { committed, rolledBack, savepoint, errno: errnos(said)[0], after };
  },

  async errors() {
    const said = await cli(`insert into items values (10, 'ten', null);\nselekt 1;\ninsert into items values (10, 'ten', null);\ninsert into items values (11, null, null);\nselect * from no_such_table;
insert into items values (11, 'x', -1);\ninsert into items values (99999999999, 'x', 1);\nselect 1 +;\nselect nothing from items;\nselect 1;\ndelete from items where id = 10;`);
    const [syntax, unique, notNull, table, check, range] = errnos(said);
    return { syntax, unique, notNull, table, check, range, after: Number(said.lines[0]), native: said.errors.replaceAll(target.database, 'database').split('\n').filter((line) => !line.startsWith('---')) };
  },

  async multi() {
    const said = await cli(`delimiter //\ninsert into items values (20, 'multi', null); select row_count(); delete from items where id = 20//\nselect 2; select * from no_such_table; select 3//\ndelimiter ;\nselect 1;`);
    return { inserted: Number(said.lines[0]), errno: errnos(said)[0], after: Number(said.lines.at(-1)), native: said.lines };
  },

  async settings() {
    const said = await cli(`set @x = 5;\nselect @x;\nselect cast('abc' as signed);\nshow warnings;\nuse information_schema\nselect database();\n${process.env['CLI_FLAVOUR'] === 'mysql' ? 'resetconnection\n' : ''}select @x;`);
    const [kept, , warning = '', database, reset] = said.lines;
    return { kept: Number(kept), warning: Number(warning.split('\t')[1]), reset: reset === 'NULL' ? null : reset, native: database };
  },

  async cancel() {
    const said = await cli(`${SLOW};\n`, { started: (child) => void until(async () => (await cli(`${SLOW_RUNS};`)).lines[0] === '1').then(() => child.kill('SIGINT')) });
    return { errno: errnos(said)[0] };
  },

  async streamed() {
    const { lines } = await cli(`${TEN_THOUSAND};`, { args: ['--quick'] });
    return { rows: lines.length, sum: lines.reduce((sum, line) => sum + Number(line), 0) };
  },

  async bulk() {
    const rows = Array.from({ length: 500 }, (_, index) => `(${1000 + index}, 'in bulk', 1.5)`).join(', ');
    const said = await cli(`insert into items values ${rows};\nselect row_count();\ninsert into items values (1000, 'again', null), (1001, 'again', null);\ndelete from items where id >= 1000;\nselect 1;`);
    return { inserted: Number(said.lines[0]), errno: errnos(said)[0], after: Number(said.lines[1]) };
  },

  async large() {
    const { lines } = await cli(`${ROWS};\nselect repeat('ab', 9000000);`, { args: ['--quick'] });
    return { rows: lines.length - 1, sum: lines.slice(0, -1).reduce((sum, line) => sum + Number.parseInt(line, 10), 0), wide: lines.at(-1)?.length };
  },

  async encrypted() {
    return { encrypted: /SSL:\s+Cipher in use/.test((await cli('status')).lines.join('\n')) };
  },
};

await report({ equal, held });
