/** EXECUTE and FETCH are as harmful as what they name: here a name hides it from the judge. */

import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { startWorld, type World } from '../../scenarios/world.ts';
import { frames, type WireClient } from '../../support/wire.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld({ policy: readFileSync('policies/default.yaml', 'utf8').replaceAll('then: hold', 'then: deny').replace('default: hold', 'default: deny'), schema: 'CREATE TABLE victim (id int); CREATE TABLE t (id int)' });
});
afterAll(() => world?.stop());
beforeEach(() => world.sql('INSERT INTO victim VALUES (1)'));

const prepare = async (client: WireClient, name: string, text: string): Promise<void> => {
  client.send(frames.parse({ name, text, types: [] }), frames.sync());
  await client.until('ReadyForQuery');
};

/** `[what the protocol prepares, as a and b; what is then sent]`: each does what default.yaml doesn't let pass. */
const ATTACKS: readonly (readonly [a: string, b: string, sent: string])[] = [
  ['EXECUTE b', 'DELETE FROM victim', 'EXECUTE a'],
  ['EXECUTE b', 'DROP TABLE victim', 'EXECUTE a'],
  ['EXECUTE b', 'COPY victim TO PROGRAM \'true\'', 'EXECUTE a'],
  ['EXPLAIN ANALYZE EXECUTE b', 'DELETE FROM victim', 'EXECUTE a'],
  ['CREATE TEMP TABLE x AS EXECUTE b', 'SELECT 1', 'EXECUTE a'],
  ['DELETE FROM victim', 'SELECT 1', 'DELETE FROM t WHERE id = -1; EXECUTE a'],
  ['SELECT count(*) FROM pg_catalog.pg_stats', 'SELECT 1', 'SELECT 1; EXECUTE a'],
  ['LOCK TABLE victim', 'SELECT 1', 'BEGIN; EXECUTE a'],
];

it.each(ATTACKS)('%s (b: %s) isn\'t let through by %s', async (a, b, sent) => {
  const client = await world.agent();
  await prepare(client, 'a', a);
  await prepare(client, 'b', b);
  const lines = await client.query(sent);
  expect(lines.join('\n')).toContain('refused by policy');
  expect(await world.sql('SELECT 1 FROM victim LIMIT 1')).toHaveLength(1);
  client.destroy();
});
