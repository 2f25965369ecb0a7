/** What the policy's detectors find in values of text is replaced before agents see it, whatever the protocol and the way the values take. */

import { createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DIALECTS, type StoryAgent, type StoryWorld } from './dialects.ts';
import { eventually } from './world.ts';

const SCHEMA = `create table notes (id int primary key, body varchar(200), doc json, n bigint);
  insert into notes values (1, 'write to ann@example.com', '{"card": 4111111111111111, "to": "bob@x.org"}', 4111111111111111), (2, 'card 4111 1111 1111 1111 of AKIAIOSFODNN7EXAMPLE', '[]', 2), (3, null, null, null);
  create table others (id int primary key, body varchar(200));
  insert into others values (1, 'cy@example.net 4111111111111111');
  create table people (id int primary key, email varchar(80), bio varchar(200));
  insert into people values (1, 'ann@example.com', 'also ann@example.org');
  create view seen_notes as select id, body as text from notes`;

const POLICY = `version: 1
default: hold
holds: { approvers: [dba], within: 30s }
sensitive:
  - { columns: [people.email], mask: email, unmask: [apps] }
detect:
  - { find: [email], columns: [people.bio], unmask: [apps] }
  - { find: [email, card, key], columns: ["notes.*"], unmask: [apps] }
  - { find: [card], databases: [shop], unmask: [apps] }
rules:
  - { name: harmless, effects: [read, transaction, session, insert, update, delete, export, lock], then: allow }
`;

describe.each(DIALECTS)('$name', (dialect) => {
  let world: StoryWorld;
  let agent: StoryAgent;
  beforeAll(async () => {
    world = await dialect.start({ schema: SCHEMA, policy: POLICY });
    agent = await world.agent();
  }, 120_000);
  afterAll(() => world?.stop());

  const rows = async (text: string, by = agent): Promise<unknown> => {
    const { rows: found, error } = await by.run(text);
    if (error !== undefined) throw new Error(`${error.code} ${error.message}`);
    return found;
  };

  it('inside values, which are otherwise as they were', async () => {
    expect(await rows('select id, body from notes order by id')).toEqual([['1', 'write to [email]'], ['2', 'card [card] of [key]'], ['3', null]]);
  });

  it('in columns of JSON, which stays JSON, and not in numbers', async () => {
    const [[doc, n] = []] = (await rows('select doc, n from notes where id = 1')) as string[][];
    expect(JSON.parse(doc as string)).toEqual({ card: '[card]', to: '[email]' });
    expect(n).toBe('4111111111111111');
  });

  it('by the column the line names, or everywhere', async () => {
    expect(await rows('select body from others')).toEqual([['cy@example.net [card]']]);
    expect(await rows(`select 'cy@example.net', '4111-1111-1111-1111'`)).toEqual([['cy@example.net', '[card]']]);
  });

  it('through views, expressions, unions, subqueries and aggregates', async () => {
    expect(await rows('select text from seen_notes where id = 1')).toEqual([['write to [email]']]);
    expect(await rows(`select concat('-> ', body) from notes where id = 1`)).toEqual([['-> write to [email]']]);
    expect(await rows('select body from others union all select body from notes where id = 1')).toEqual([['[email] [card]'], ['write to [email]']]);
    expect(await rows('select x.b from (select max(body) as b from notes where id = 1) x')).toEqual([['write to [email]']]);
    expect(await rows('select o.body from (select body from notes where id = 1) o')).toEqual([['write to [email]']]);
  });

  it('conditions see the values as they are, and so does what is written', async () => {
    expect(await rows(`select id from notes where body like '%ann@example.com'`)).toEqual([['1']]);
    await rows(`update notes set body = concat(body, '') where id = 1`);
    expect(await world.sql('select body from notes where id = 1')).toEqual([{ body: 'write to ann@example.com' }]);
  });

  it('beside masks', async () => {
    expect(await rows(`select email, bio, concat(email, ' ', bio) from people where email = 'ann@example.com'`)).toEqual([['***@example.com', 'also [email]', '***@example.com also [email]']]);
    expect((await rows('select * from people p where id = 1'))).toEqual([['1', '***@example.com', 'also [email]']]);
  });

  it('not for agents of a group that sees them', async () => {
    const writer = await world.agent({ user: 'writer' });
    expect(await rows('select body from notes where id = 1', writer)).toEqual([['write to ann@example.com']]);
    writer.destroy();
  });

  it.runIf(dialect.name !== 'PostgreSQL')('in the rows of prepared statements', async () => {
    const connection = await createConnection(world.proxy.url());
    const [found] = await connection.execute('select id, body, cast(body as char(10)) as start, doc, n from notes where id < ? order by id', [3]) as unknown as [Record<string, unknown>[]];
    expect(found).toMatchObject([{ id: 1, body: 'write to [email]', start: 'write to a' }, { id: 2, body: 'card [card] of [key]', doc: [], n: 2 }]);
    expect(JSON.stringify(found)).not.toContain('@');
    await connection.end();
  });

  it('the journal counts them', async () => {
    await rows('select body, body from notes where id = 2');
    await eventually(async () => (await world.proxy.journal()).some(({ event }) => event.kind === 'outcome' && JSON.stringify(event.hits) === '{"card":2,"key":2}'), 'the hits');
  });

  it('in rows of many megabytes', async () => {
    const value = `concat(repeat('ann@example.com ', 300000), '4111111111111111')`;
    const [found] = (await rows(`select ${value}, ${value}, ${value}, ${value}`)) as string[][];
    expect(found?.map((each) => [each.length, each.slice(-21)])).toEqual(Array.from({ length: 4 }, () => [300_000 * 16 + 6, 'nn@example.com [card]']));
  });
});
