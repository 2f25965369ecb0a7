import type { Scenarios } from '../../scenario.ts';
import { DENIAL_START, detailOf, waits } from '../scenario.ts';
import { cli, errnos } from './session.ts';

const insert = (marker: string, into = 'held'): string => `insert into ${into} (id) values (1) /* ${marker} */;\n`;
/** So that comments reach the server: the clients strip them by default. */
const KEEP = { args: ['--comments'] } as const;

async function refused(marker: string, into?: string): Promise<object> {
  const said = await cli(`${insert(marker, into)}select 1;`, KEEP);
  const line = said.errors.split('\n').find((each) => each.startsWith('ERROR')) ?? '';
  return { errno: errnos(said)[0], state: /^ERROR \d+ \((\w+)\)/.exec(line)?.[1], reason: line.includes(DENIAL_START), detail: detailOf(line), after: Number(said.lines[0]) };
}

export const held: Scenarios = {
  approved: async () => ({ affected: Number((await cli(`${insert('approved')}select row_count();`, KEEP)).lines[0]) }),
  denied: () => refused('denied'),
  expired: () => refused('expired', 'hasty'),
  forbidden: () => refused('forbidden', 'forbidden'),

  async 'denied-in-transaction'() {
    const said = await cli(`begin;\ninsert into items values (3001, 'with denied', null);\n${insert('denied-in-transaction')}select 1;\ncommit;\nselect count(*) from items where id = 3001;\ndelete from items where id = 3001;`, KEEP);
    return { errno: errnos(said)[0], inside: Number(said.lines[0]), kept: Number(said.lines[1]) };
  },

  async 'approved-in-transaction'() {
    const { lines } = await cli(`begin;\ninsert into items values (3002, 'with approved', null);\n${insert('approved-in-transaction')}select row_count();\ncommit;\nselect count(*) from items where id = 3002;\ndelete from items where id = 3002;`, KEEP);
    return { affected: Number(lines[0]), kept: Number(lines[1]) };
  },

  /** By SQL: what is held is EXECUTE, once for each run. */
  async prepared() {
    const run = (id: number): string => `set @id = ${id};\nexecute held using @id /* prepared */;\nselect 'ran', row_count();\n`;
    const said = await cli(`prepare held from 'insert into held (id) values (?)' /* named */;\n${run(1)}${run(2)}${run(3)}select 1;`, KEEP);
    const results = said.lines.filter((line) => line.startsWith('ran')).map((line) => Number(line.split('\t')[1]));
    return { results: results.map((count) => (count === 1 ? 1 : errnos(said)[0])), after: Number(said.lines.at(-1)) };
  },

  async batch() {
    const both = `delimiter //\ninsert into items values (3003, 'in a batch', null); insert into held (id) values (1) /* batch */ //\ndelimiter ;\n`;
    const said = await cli(`${both}select count(*) from items where id = 3003;\ndelete from items where id = 3003;\n${both}select count(*) from items where id = 3003;\nselect 1;`, KEEP);
    return { ran: Number(said.lines[0]), kept: Number(said.lines[1]), errno: errnos(said)[0], after: Number(said.lines[2]) };
  },

  async portions() {
    const { lines } = await cli('select id from vault order by id /* portions */;', { args: ['--comments', '--quick'] });
    return { rows: lines.length, sum: lines.reduce((sum, line) => sum + Number(line), 0) };
  },

  async disconnected() {
    await cli(insert('disconnected'), { ...KEEP, started: (child) => void waits('disconnected').then(() => child.kill('SIGKILL')) });
    return {};
  },
};
