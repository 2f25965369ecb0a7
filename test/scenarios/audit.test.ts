/** What happened is found: by the people who were in it, by what it touched, over the API and from the files alone. */

import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SearchPage } from '../../src/api/schemas.ts';
import { DIALECTS, type StoryWorld } from './dialects.ts';
import { eventually } from './world.ts';
import { run } from '../cli/terminal-double.ts';

const SCHEMA = 'create table t (id int primary key); insert into t values (1), (2), (3)';

describe.each(DIALECTS)('$name', (dialect) => {
  let world: StoryWorld;
  beforeAll(async () => {
    world = await dialect.start({ schema: SCHEMA });
  }, 120_000);
  afterAll(() => world?.stop());

  const search = async (query: string): Promise<SearchPage['entries']> => {
    const page = SearchPage.parse(await world.proxy.call(`/api/v1/audit/search?${query}`));
    expect(page.complete).toBe(true);
    return page.entries;
  };

  it('an approved statement by who approved it, a refused one by why, a read by its words', async () => {
    const agent = await world.agent();
    await agent.run('select id from t where id = 2');
    await agent.run('drop table t');
    agent.send('create table approved (id int)');
    const { id } = await world.proxy.pending('create table approved (id int)');
    await world.proxy.decide(id, 'approve');
    expect((await agent.ended()).error).toBeUndefined();
    await eventually(async () => (await search(`request=${id}&kind=statement`))[0]?.outcome !== undefined, 'its outcome');
    const [decided] = await search(`request=${id}&kind=request`);
    const [decision] = decided?.request?.decisions ?? [];
    expect(decision).toMatchObject({ decision: 'approve' });
    expect((await search(`person=${decision?.person ?? ''}&kind=statement`)).map(({ text }) => text)).toEqual(['create table approved (id int)']);
    expect(await search('effect=drop&kind=statement')).toMatchObject([{ text: 'drop table t', verdict: 'deny', rule: 'no-drop', fate: 'refused', agent: 'reporter', database: 'shop' }]);
    expect(await search('table=t&column=t.id&text=select')).toMatchObject([{ text: 'select id from t where id = 2', outcome: { rows: 1 } }]);
    agent.destroy();
    const read = await run(['audit', 'search', '--dir', join(world.proxy.dir, 'journal'), '--effect', 'drop', '--kind', 'statement']);
    expect(read.out).toMatch(/reporter@shop .*deny {2}drop {2}refused \(.*\) {2}drop table t\n$/);
  });
});
