import type { Scenarios } from '../scenario.ts';
import { psql } from './session.ts';

const NOTICE = 'held for approval as';
const STATE = '\\echo :SQLSTATE\n';

const insert = (marker: string, id: number, into = 'held'): string => `insert into ${into} (id) values (${id}) returning id /* ${marker} */;\n`;
const detail = (errors: string): string | undefined => /DETAIL: {2}\{"code":"(\w+)"/.exec(errors)?.[1];

async function refused(marker: string, into?: string): Promise<{ state?: string | undefined; detail?: string | undefined; after: number; errors: string }> {
  const { lines, errors } = await psql(`${insert(marker, 1, into)}${STATE}select 1;`);
  return { state: lines[0], detail: detail(errors), after: Number(lines[1]), errors };
}

export const held: Scenarios = {
  async approved() {
    const { lines, errors } = await psql(insert('approved', 1));
    return { returned: Number(lines[0]), noticed: errors.includes(NOTICE) };
  },

  async denied() {
    const { errors, ...rest } = await refused('denied');
    return { ...rest, reason: errors.includes('not today: ask in the morning \u2013 \u00fc') };
  },

  async 'denied-in-transaction'() {
    const { lines } = await psql(`begin;\ninsert into items values (2001, 'with denied');\n${insert('denied-in-transaction', 1)}${STATE}select 1;\n${STATE}rollback;
select 1;\nselect count(*) from items where label = 'with denied';`);
    const [state, inFailed, after, kept] = lines;
    return { state, inFailed, after: Number(after), kept: Number(kept) };
  },

  async 'approved-in-transaction'() {
    const { lines } = await psql(`begin;\ninsert into items values (2002, 'with approved');\n${insert('approved-in-transaction', 2)}commit;
select count(*) from items where label = 'with approved';\ndelete from items where id = 2002;`);
    return { returned: Number(lines[0]), kept: Number(lines[1]) };
  },

  expired: () => refused('expired', 'hasty'),

  async cancelled() {
    const args = ['-c', insert('cancelled', 1), '-c', '\\echo :LAST_ERROR_SQLSTATE'];
    const { lines } = await psql('', { args, on: { error: NOTICE, act: (child) => child.kill('SIGINT') } });
    return { state: lines[0] };
  },

  async prepared() {
    const { lines } = await psql(`prepare held as insert into held (id) values ($1) returning id /* named */;
execute held(1) /* prepared */;\nexecute held(2) /* prepared */;\n${STATE}execute held(3) /* prepared */;\nselect 1;`);
    return { results: lines.slice(0, 3).map((line) => (/^\d$/.test(line) ? Number(line) : line)), after: Number(lines[3]) };
  },

  forbidden: () => refused('forbidden', 'forbidden'),

  async 'copied-in'() {
    const copy = 'copy held from stdin /* copied-in */;\n41\tone\n42\ttwo\n\\.\n';
    // Refused, it goes on to read the data as statements, as it does after any error of COPY: \copy knows better.
    const { lines } = await psql(`${copy}select count(*) from held where id in (41, 42);\n\\copy held from pstdin /* copied-in */\n${STATE}select 1;\ndelete from held where id in (41, 42);`);
    return { copied: Number(lines[0]), state: lines[1], after: Number(lines[2]) };
  },

  async 'copied-out'() {
    const copy = 'copy vault to stdout /* copied-out */;\n';
    const { lines } = await psql(`${copy}${copy}${STATE}select 1;`);
    const copied = lines.slice(0, -2);
    return { bytes: copied.join('\n').length + 1, state: lines.at(-2), after: Number(lines.at(-1)) };
  },

  async portions() {
    const { lines } = await psql('\\set FETCH_COUNT 700\nselect id from vault order by id /* portions */;');
    return { rows: lines.length, sum: lines.reduce((sum, line) => sum + Number(line), 0) };
  },

  async disconnected() {
    await psql(insert('disconnected', 1), { on: { error: NOTICE, act: (child) => child.kill('SIGKILL') } });
    return {};
  },
};
