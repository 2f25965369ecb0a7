/** What analysts, object mappers and dashboards ask of tables with masked columns that they don't use: answered as if nothing were masked, and nobody is asked. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TOOLS } from './analysts/tools.ts';
import { TPCH } from './analysts/tpch.ts';
import { MASKED, warehouse } from './analysts/warehouse.ts';
import { DIALECTS, type StoryAgent, type StoryWorld } from './dialects.ts';

const POLICY = `version: 1
default: hold
holds: { approvers: [dba], within: 30s }
sensitive: [{ columns: [${MASKED.join(', ')}], mask: redact, unmask: [apps] }]
rules: [{ name: harmless, effects: [read, transaction, session], then: allow }]
`;

describe.each(DIALECTS)('$name', (dialect) => {
  let world: StoryWorld;
  let masked: StoryAgent;
  let clear: StoryAgent;
  beforeAll(async () => {
    world = await dialect.start({ schema: warehouse(), policy: POLICY });
    masked = await world.agent();
    clear = await world.agent({ user: 'writer' });
  }, 120_000);
  afterAll(() => world?.stop());

  /** Rows that no ORDER BY tells apart come in any order. */
  const answer = async (agent: StoryAgent, text: string): Promise<unknown> => {
    const { rows, error } = await agent.run(dialect.name === 'PostgreSQL' ? text : text.replaceAll('"', '`'));
    return error?.message ?? rows.map((row) => JSON.stringify(row)).toSorted();
  };

  it.each(TPCH.map((text, index) => [index + 1, text] as const))('TPC-H query %i', async (_, text) => {
    const expected = await answer(clear, text);
    expect(expected).toBeInstanceOf(Array);
    expect(await answer(masked, text)).toEqual(expected);
  });

  it.each(Object.entries(TOOLS))('%s', async (_, texts) => {
    for (const text of texts) {
      const expected = await answer(clear, text);
      expect(expected, text).toBeInstanceOf(Array);
      expect(await answer(masked, text), text).toEqual(expected);
    }
  });

  it('the masked columns are masked', async () => {
    expect(await answer(masked, 'select c_email from customer where c_custkey = 1')).toEqual([JSON.stringify(['***'])]);
    expect(await answer(clear, 'select c_email from customer where c_custkey = 1')).toEqual([JSON.stringify(['c1@mail.example'])]);
  });
});
