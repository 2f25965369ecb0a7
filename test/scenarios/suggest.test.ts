/** Rules that are suggested for what people approved: pasted, they let pass just that. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../cli/terminal-double.ts';
import { DIALECTS, type StoryAgent, type StoryWorld } from './dialects.ts';

const SCHEMA = 'create table orders (id int primary key, status varchar(20), price int); insert into orders values (1, \'new\', 5), (2, \'new\', 5); create table items (id int primary key, status varchar(20))';
const POLICY = `version: 1
default: hold
holds: { approvers: [dba], within: 30s }
rules:
  - { name: reads, effects: [read, transaction, session], then: allow }
  - { name: deletes, effects: [delete], then: hold }
`;

describe.each(DIALECTS)('$name', (dialect) => {
  let world: StoryWorld;
  let agent: StoryAgent;
  beforeAll(async () => {
    world = await dialect.start({ schema: SCHEMA, policy: POLICY });
    agent = await world.agent();
  }, 120_000);
  afterAll(() => world?.stop());

  const approve = async (text: string): Promise<void> => {
    agent.send(text);
    await world.proxy.decide((await world.proxy.pending(text)).id, 'approve');
    expect((await agent.ended()).error).toBeUndefined();
  };
  const suggest = async (...more: string[]): Promise<string> => (await run(['policy', 'suggest', '--since', '2020-01-01T00:00:00Z', '--times', '2', '--config', join(world.proxy.dir, 'countersign.yaml'), ...more])).out;
  /** `passes`, `held`, or an error. Deferred, so that the error says that it would wait. */
  const outcome = async (text: string, user = 'reporter'): Promise<string> => {
    const other = await world.agent({ user });
    await other.run(dialect.defer);
    const { error } = await other.run(text);
    other.destroy();
    if (error === undefined) return 'passes';
    return error.message.includes('held for approval') ? 'held' : error.message;
  };

  it('says who approved what, how often, and what no rule is for', async () => {
    for (const id of [1, 2]) await approve(`update orders set status = 'paid' where id = ${id}`);
    for (const id of [1, 2]) await approve(`delete from items where id = ${id}`);
    for (const id of [1, 2]) await approve(`insert into items select id, status from orders where id = ${id}`);
    for (const _ of [1, 2]) await approve('truncate table items');
    const text = await suggest();
    expect(text).toMatch(/ {2}# reporter at shop: update orders set status = \? where id = \?\n {2}# approved 2 times and never denied, from \S+ to \S+, by sam@example\.com \(2\)\n/);
    expect(text).toMatch(/# rule deletes \(\S+policy\.yaml:6\) holds it, too/);
    expect(text).toMatch(/# 2 × reporter at shop: truncate table items\n {2}# {3}\(truncate: it doesn't come back\)/);
    expect(await suggest('--until', '2020-01-02T00:00:00Z')).toBe('# Nothing that a rule could let pass was approved that often.\n');
    expect(readFileSync(join(world.proxy.dir, 'policy.yaml'), 'utf8')).toBe(POLICY);
  });

  it('pasted, just that passes', async () => {
    expect(await outcome('update orders set status = \'sent\' where id = 1')).toBe('held');
    const { suggestions } = JSON.parse(await suggest('--json')) as { suggestions: { yaml: string[]; exceptions: { rule: string; when: string }[] }[] };
    const [except] = suggestions.flatMap(({ exceptions }) => exceptions);
    const pasted = POLICY.replace('effects: [delete]', `effects: [delete], when: '${except?.when}'`) + suggestions.flatMap(({ yaml }) => yaml.map((line) => `  ${line}\n`)).join('');
    writeFileSync(join(world.proxy.dir, 'policy.yaml'), pasted);
    expect(await world.proxy.proxy.reloadPolicy()).toBe(true);
    for (const text of ['update orders set status = \'sent\' where id = 1', 'delete from items where id = 7', 'insert into items select id, status from orders where id = 2']) expect(await outcome(text)).toBe('passes');
    for (const text of [
      'update orders set price = 1 where id = 1', 'update orders set status = \'x\'', 'update items set status = \'x\' where id = 1', 'delete from orders where id = 1', 'delete from items', 'insert into orders values (3, \'x\', 1)', 'truncate table items',
      'insert into orders (id, status) select id, status from items',
    ]) expect([text, await outcome(text)]).toEqual([text, 'held']);
    for (const text of ['update orders set status = \'sent\' where id = 2', 'delete from items where id = 8']) expect(await outcome(text, 'writer')).toBe('held');
    expect(await suggest()).toMatch(/^# Nothing that a rule could let pass was approved that often\.\n/);
  });
});
