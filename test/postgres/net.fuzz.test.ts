/** Random pipelines, with forms that change all the time and origins that are always asked for: the client sees what it sees without them. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { frames } from '../support/wire.ts';
import { byByte, type Chunking, pieces, sightOf, Veiled, whole } from './veiled.ts';

let server: TestPostgres;
beforeAll(async () => {
  server = await startPostgres();
  await server.query('create table t (id int primary key); insert into t select generate_series(1, 5)');
});
afterAll(() => server?.stop());

const TEXTS = [
  'select id, $1::text from t order by id', 'select 1 / ($1::int - 1), \'x\' from t', 'insert into t values ($1::int + 100) on conflict do nothing', 'insert into t values (1) returning id, $1::text',
  'select nosuch, $1::text', 'update t set id = id where id = $1::int returning *', 'values ($1::text), (\'2\')',
] as const;
const PLAIN = ['begin', 'commit', 'rollback', 'select 1; select id from t', 'select 1/0', 'syntax error', ''] as const;

function random(seed: number): <T>(from: readonly T[]) => T {
  let state = seed * 7919 + 1;
  return (from) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return from[(state >> 8) % from.length] as never;
  };
}

/** Segments of a pipeline, each ending with Sync, and Queries between them. */
function conversation(seed: number): Buffer[] {
  const pick = random(seed);
  const messages: Buffer[] = [];
  for (let left = 8; left > 0; left--) {
    if (pick([true, false, false])) {
      messages.push(frames.query(pick(PLAIN)));
      continue;
    }
    for (let more = pick([1, 2, 4, 8]); more > 0; more--) {
      const [statement, portal] = [pick(['', 'a', 'b']), pick(['', 'p'])];
      messages.push(pick([
        () => frames.close({ type: 'S', name: statement }),
        () => Buffer.concat([frames.close({ type: 'S', name: statement }), frames.parse({ name: statement, text: pick(TEXTS), types: [] })]),
        () => frames.bind({ portal, statement, values: [pick(['1', '2'])], binary: pick([true, false]) }),
        () => frames.describe({ type: 'S', name: statement }),
        () => frames.describe({ type: 'P', name: portal }),
        () => frames.execute({ portal, rows: pick([0, 0, 2]) }),
        () => Buffer.concat([frames.bind({ portal, statement, values: ['2'] }), frames.execute({ portal })]),
        () => Buffer.concat([frames.bind({ portal, statement, values: ['2'] }), frames.describe({ type: 'P', name: portal }), frames.execute({ portal, rows: 1 }), frames.execute({ portal, rows: 0 })]),
        () => frames.flush(),
      ])());
    }
    messages.push(frames.sync());
  }
  messages.push(frames.query('rollback'), frames.query('delete from t where id > 5'), frames.query('deallocate all'), frames.query('select 1'));
  return messages;
}

/** Messages of errors are another matter. */
const plain = (lines: readonly string[]): string[] => lines.map((line) => line.replace(/^(\w+Response S="\w+" C="\w+").*/, '$1'));

describe('a random pipeline', () => {
  it.each(Array.from({ length: 150 }, (_, seed) => seed))('%d', async (seed) => {
    const messages = conversation(seed);
    const chunking = ([whole, byByte, pieces(seed)] satisfies Chunking[])[seed % 3] ?? whole;
    const direct = await Veiled.open(server, () => undefined);
    direct.chunking = chunking;
    const expected = plain(await direct.ask(...messages));
    direct.close();
    const pick = random(seed + 1000);
    const sight = sightOf();
    const veiled = await Veiled.open(server, (text) => {
      const tail = pick(['', '', ' ', ' /* another */', undefined]);
      return tail === undefined ? undefined : { sight, form: tail === '' ? undefined : { text: text + tail, edits: [{ start: text.length, end: text.length, text: tail }] }, touches: pick([true, true, false]), understood: false };
    });
    veiled.chunking = chunking;
    expect(plain(await veiled.ask(...messages))).toEqual(expected);
    expect(veiled.machine.quiet).toBe(true);
    veiled.close();
  });
});
