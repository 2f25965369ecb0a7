/** Detectors on PostgreSQL's ways out: both formats, COPY, portals, cursors, and a policy that changes beneath them. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { frames, type WireClient } from '../support/wire.ts';
import { startWorld, type World } from './world.ts';

const SCHEMA = `create type pair as (a text, b int);
  create table notes (id int primary key, body text, doc jsonb, raw json, tags text[], note pair, mark uuid, amount numeric, parts bytea);
  insert into notes values (1, 'ann@example.com', '{"n": 4111111111111111}', '{"m": "a@b.co"}', '{x,bob@example.org}', '(cy@example.net,7)', '41111111-1111-4111-8111-111111111111', 4111111111111111, 'ann@example.com'),
    (2, E'tab\\tann@example.com\\nline', '[]', '[]', '{}', null, null, null, null);
  create table plain (body text);
  insert into plain values ('ann@example.com')`;

const policy = (detect: string): string => `version: 1
default: hold
holds: { approvers: [dba] }
${detect}
rules:
  - { name: harmless, effects: [read, transaction, session, export], then: allow }
`;
const DETECT = 'detect: [{ find: [email, card], columns: ["public.notes.*"] }]';

let world: World;
let client: WireClient;
beforeAll(async () => {
  world = await startWorld({ schema: SCHEMA, policy: policy(DETECT) });
}, 60_000);
afterAll(() => world?.stop());
afterEach(() => client?.destroy());

const agent = async (): Promise<WireClient> => (client = await world.agent());
const data = (lines: readonly string[]): string[] => lines.filter((line) => /^B (DataRow|CopyData|ErrorResponse)/.test(line));
/** Frames of one kind up to ReadyForQuery. */
async function payloads(type: string): Promise<Buffer[]> {
  const found: Buffer[] = [];
  for (let message = await client.next(); message?.name !== 'ReadyForQuery'; message = await client.next()) {
    if (message === undefined) throw new Error('the connection ended');
    if (message.frame.toString('latin1', 0, 1) === type) found.push(Buffer.from(message.frame.subarray(5)));
  }
  return found;
}
const extended = (text: string, { binary = false, rows = 0, describe = true } = {}): Uint8Array[] => [
  frames.parse({ text, types: [] }), frames.bind({ binary }), ...(describe ? [frames.describe({ type: 'P', name: '' })] : []), frames.execute({ rows }),
];

describe('values in a row', () => {
  it.each([true, false])('of every type that holds text, as text; described: %s', async (describe) => {
    await agent();
    client.send(...extended('select body, doc, raw, tags, note, mark, amount, parts, n from notes n where id = 1', { describe }), frames.sync());
    const [row] = data(await client.until('ReadyForQuery'));
    expect(row).toContain(String.raw`"[email]" "{\"n\": \"[card]\"}" "{\"m\": \"[email]\"}" "{x,[email]}" "([email],7)" "41111111-1111-4111-8111-111111111111" "4111111111111111" "\\x616e6e406578616d706c652e636f6d"`);
    expect(row).not.toContain('@');
  });

  it('in binary; what is made of several values becomes NULL', async () => {
    await agent();
    client.send(...extended('select body, doc, raw, tags, note, mark, id from notes where id = 1', { binary: true }), frames.sync());
    const [row] = await payloads('D');
    const values: (string | null)[] = [];
    for (let at = 2; at < (row as Buffer).length;) {
      const length = (row as Buffer).readInt32BE(at);
      values.push(length < 0 ? null : (row as Buffer).toString('latin1', at + 4, at + 4 + length));
      at += 4 + Math.max(length, 0);
    }
    expect(values.slice(0, 5)).toEqual(['[email]', '\u0001{"n": "[card]"}', '{"m": "[email]"}', null, null]);
    expect(values.slice(5).map((value) => value?.length)).toEqual([16, 4]);
  });

  it('of other tables, and of statements that read no searched table, go on as they are', async () => {
    await agent();
    expect(data(await client.query(`select p.body, n.body, 'x@y.zz' from plain p, notes n where n.id = 1`))).toEqual(['B DataRow "ann@example.com" "[email]" "[email]"']);
    expect(data(await client.query(`select body, 'x@y.zz' from plain`))).toEqual(['B DataRow "ann@example.com" "x@y.zz"']);
  });

  it('of portals executed in parts, of SQL cursors and of PREPARE', async () => {
    await agent();
    client.send(...extended('select body from notes order by id', { rows: 1 }), frames.execute({ rows: 1 }), frames.execute({ rows: 1 }), frames.sync());
    expect(data(await client.until('ReadyForQuery'))).toEqual(['B DataRow "[email]"', String.raw`B DataRow "tab\t[email]\nline"`]);
    expect(data(await client.query('begin; declare c cursor for select upper(body) from notes where id = 1; fetch c; commit'))).toEqual(['B DataRow "[email]"']);
    await client.query('begin; declare c cursor for select upper(body) from notes where id = 1');
    expect(data(await client.query('fetch c'))).toEqual(['B DataRow "[email]"']);
    await client.query('rollback');
    expect(data(await client.query('prepare p as select lower(body) from notes where id = 1'))).toEqual([]);
    expect(data(await client.query('execute p'))).toEqual(['B DataRow "[email]"']);
  });
});

describe('COPY', () => {
  it.each([
    ['copy notes (id, body, doc) to stdout', [String.raw`B CopyData "1\t[email]\t{\"n\": [card]}\n"`, String.raw`B CopyData "2\ttab\\t[email]\\nline\t[]\n"`]],
    ['copy (select id, body from notes order by id) to stdout (format csv, header)', [String.raw`B CopyData "id,body\n"`, String.raw`B CopyData "1,[email]\n"`, String.raw`B CopyData "2,\"tab\t[email]\nline\"\n"`]],
    ['copy plain to stdout', [String.raw`B CopyData "ann@example.com\n"`]],
  ])('%s', async (text, wanted) => {
    await agent();
    expect(data(await client.query(text))).toEqual(wanted);
    client.send(...extended(text, { describe: false }), frames.sync());
    expect(data(await client.until('ReadyForQuery'))).toEqual(wanted);
  });

  it('in binary keeps its form', async () => {
    await agent();
    client.send(frames.query('copy (select id, body, doc, tags from notes where id = 1) to stdout (format binary)'));
    const all = Buffer.concat(await payloads('d')).toString('latin1');
    expect(all).toBe(['PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', '\0\u0004', '\0\0\0\u0004\0\0\0\u0001', '\0\0\0\u0007[email]', '\0\0\0\u0010\u0001{"n": "[card]"}', '\xff\xff\xff\xff', '\xff\xff'].join(''));
  });

  it.each([`copy notes (body) to stdout (delimiter '@')`, `copy notes (body) to stdout (format csv, quote '@')`])('%s is refused', async (text) => {
    await agent();
    expect(data(await client.query(text))[0]).toContain('DELIMITER');
    client.send(frames.parse({ name: 'c', text, types: [] }), frames.sync());
    await client.until('ReadyForQuery');
    expect(data(await client.query('execute c'))[0]).toContain('DELIMITER');
    expect(data(await client.query(text.replace('notes', 'plain')))[0]).toContain('CopyData');
  });
});

it('a policy that is loaded while a portal waits counts for the rest of its rows', async () => {
  await agent();
  const reload = async (detect: string): Promise<void> => {
    writeFileSync(join(world.proxy.dir, 'policy.yaml'), policy(detect));
    await world.proxy.proxy.reloadPolicy();
  };
  await reload('detect: []');
  await client.query('begin');
  client.send(frames.parse({ name: 's', text: 'select body from notes order by id', types: [] }), frames.bind({ statement: 's', portal: 'p' }), frames.describe({ type: 'P', name: 'p' }), frames.execute({ portal: 'p', rows: 1 }), frames.sync());
  expect(data(await client.until('ReadyForQuery'))).toEqual(['B DataRow "ann@example.com"']);
  await reload(DETECT);
  client.send(frames.execute({ portal: 'p', rows: 1 }), frames.sync());
  expect(data(await client.until('ReadyForQuery'))).toEqual([String.raw`B DataRow "tab\t[email]\nline"`]);
  client.send(frames.bind({ statement: 's' }), frames.execute({ rows: 1 }), frames.sync());
  expect(data(await client.until('ReadyForQuery'))).toEqual(['B DataRow "[email]"']);
});
