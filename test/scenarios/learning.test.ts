/** What was recorded, judged anew from the journal's files alone. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Replayed } from '../../src/learning/replay.ts';
import { run } from '../cli/terminal-double.ts';
import { TEST_POLICY } from '../support/proxy.ts';
import { DIALECTS, type StoryWorld } from './dialects.ts';
import { eventually } from './world.ts';

const SCHEMA = 'create table orders (id int primary key, status varchar(20)); insert into orders values (1, \'new\'), (2, \'new\'), (3, \'new\'); create table cut (id int); insert into cut values (1), (2), (3)';
const POLICY = `${TEST_POLICY}  - { name: enough, effects: [read], tables: [cut], rows_over: 2, then: deny }\n`;
const EVER = '2020-01-01T00:00:00Z';

describe.each(DIALECTS)('$name', (dialect) => {
  let world: StoryWorld;
  beforeAll(async () => {
    world = await dialect.start({ schema: SCHEMA, policy: POLICY });
    const agent = await world.agent();
    for (const text of [
      'select status from orders where id = 1', 'select status from orders where id = 2', 'update orders set status = \'paid\' where id = 1', 'drop table orders', 'select id from cut', 'select count(*) from cut',
    ]) await agent.run(text);
    agent.send('update orders set status = \'void\'');
    await world.proxy.decide((await world.proxy.pending('update orders set status = \'void\'')).id, 'approve');
    await agent.ended();
    agent.destroy();
    // Its records are in the files when the session's end is.
    await eventually(async () => (await world.proxy.journal()).some(({ event }) => event.kind === 'session.end'), 'its end');
  }, 120_000);
  afterAll(() => world?.stop());

  const replay = (policy: string, ...more: string[]) => {
    const file = join(world.proxy.dir, 'other.yaml');
    writeFileSync(file, policy);
    return run(['policy', 'replay', '--since', EVER, '--policy', file, '--dir', join(world.proxy.dir, 'journal'), ...more]);
  };

  it('the policy in force judges what it judged as it did', async () => {
    const { out, failed } = await replay(POLICY, '--fail-on-change');
    expect(out).toMatch(/^7 statements judged, 7 as before\.\n/);
    expect(failed).toBe(false);
  });

  it('another one: what it would hold, deny and let pass, by shape', async () => {
    const { out } = await replay(`version: 1
rules:
  - { name: all, effects: [read, update, drop, transaction, session], then: allow }
  - { name: few, effects: [read], tables: [orders], rows_over: 0, then: hold }
  - { name: writes, effects: [update], tables: [orders], kinds: [update], unbounded: false, then: deny }
`, '--json');
    const { changes } = JSON.parse(out) as Replayed;
    expect(changes.map(({ change, count, shape, old, new: now }) => [change, count, shape, old.rule, now.rule])).toEqual([
      ['hold', 2, 'select status from orders where id = ?', 'harmless', 'few'],
      ['deny', 1, 'update orders set status = ? where id = ?', 'harmless', 'writes'],
      ['pass', 1, 'drop table orders', 'no-drop', 'all'],
      ['pass', 1, 'select id from cut', 'enough', 'all'],
      ['pass', 1, 'update orders set status = ?', 'unbounded', 'all'],
    ]);
  });

  it('is told to people, and fails where that is wanted', async () => {
    const policy = 'version: 1\nrules:\n  - { name: writes, effects: [update], then: deny }\n  - { name: rest, effects: [read, drop], then: allow }\n';
    expect(await replay(policy)).toMatchObject({ failed: false });
    const { out, failed } = await replay(policy, '--fail-on-change');
    expect(out).toContain('  1 × reporter at shop: update orders set status = ? where id = ?\n      allow by harmless -> deny by writes: update is denied by rule writes\n      such as ');
    expect(failed).toBe(true);
    expect(await replay('version: 1\nrules: [{ name: x }]\n')).toMatchObject({ failed: true, out: '', err: expect.stringContaining('other.yaml:2:') as string });
  });
});
