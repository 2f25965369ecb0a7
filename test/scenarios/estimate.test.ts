/** What people are told of a held statement beside its text. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DIALECTS, requestOf, type StoryWorld } from './dialects.ts';

const POLICY = `version: 1
default: hold
holds: { approvers: [dba], within: 30s }
rules:
  - { name: others, effects: [transaction, session, insert], then: allow }
`;

describe.each(DIALECTS)('$name', (dialect) => {
  let world: StoryWorld;
  beforeAll(async () => {
    const rows = Array.from({ length: 200 }, (_, n) => `(${n}, 'note ${n}')`).join(', ');
    world = await dialect.start({ schema: `create table notes (id int primary key, note varchar(40)); insert into notes values ${rows}`, policy: POLICY });
    await world.sql(dialect.name === 'PostgreSQL' ? 'analyze notes' : 'analyze table notes');
  }, 120_000);
  afterAll(() => world?.stop());

  const held = async (text: string): Promise<Record<string, unknown>> => requestOf(world, await world.agent(), text);

  it.each([['select * from notes', 200], ['delete from notes', 200], ['update notes set note = \'x\' where id = 7', 1]])('how many rows %s would touch, about', async (text, rows) => {
    // A guess that isn't there in time isn't shown.
    let estimatedRows: unknown;
    for (let tries = 0; tries < 5 && estimatedRows === undefined; tries++) ({ estimatedRows } = await held(text));
    expect(estimatedRows).toBeGreaterThanOrEqual(rows * 0.5);
    expect(estimatedRows).toBeLessThanOrEqual(rows * 1.5);
    expect(await world.sql('select count(*) as n, min(note) as first from notes')).toEqual([{ n: expect.anything() as unknown, first: 'note 0' }]);
  });

  it('nothing of what can\'t be planned without risk', async () => {
    expect(await held('drop table notes')).not.toHaveProperty('estimatedRows');
    expect(await held('select * from nowhere')).not.toHaveProperty('estimatedRows');
  });

  it('what the statement says of itself', async () => {
    const { context } = await held('select 1 /*reason=\'nightly%20report\',run_id=\'r-42\',model=\'m1\'*/');
    expect(context).toMatchObject({ reason: 'nightly report', run_id: 'r-42', model: 'm1' });
  });
});
