import { expect, test } from 'vitest';
import { Sights } from '../../src/masking/sights.ts';
import { Database } from '../../src/session/database.ts';
import type { Understanding } from '../../src/sql/facts.ts';
import { policy } from '../policy/support.ts';
import { FakeClock } from '../support/fake-clock.ts';

/** An understanding whose readings end when the test says so. */
function readings() {
  const open: { resolve(): void; reject(error: Error): void }[] = [];
  let begun = 0;
  const understanding: Understanding = {
    facts: () => { throw new Error('not asked'); },
    refresh: () => new Promise((resolve, reject) => {
      begun++;
      open.push({ resolve, reject });
    }),
    close: () => Promise.resolve(),
    catalog: { serverVersion: 0, relations: [], functions: [], builtins: [], operators: [], types: [], extensions: [] },
    substitute: () => { throw new Error('not asked'); },
    shows: () => undefined,
    version: 1,
  };
  return { understanding, begun: () => begun, end: (error?: Error) => (error === undefined ? open.shift()?.resolve() : open.shift()?.reject(error)) };
}

function database() {
  const clock = new FakeClock();
  const reading = readings();
  const made = new Database({
    config: { name: 'shop' } as never, understanding: reading.understanding, grammar: () => Promise.resolve(undefined), estimate: () => Promise.resolve(undefined), clock,
    mark: { read: () => Promise.resolve('the same'), close: () => Promise.resolve() }, log: { warn: () => {} },
    sights: new Sights({ protocol: 'postgres', hashKey: Buffer.alloc(32) }),
  });
  return { clock, reading, database: made };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('after a change everything waits for a reading that began after it', async () => {
  const { database: shop, reading } = database();
  expect(shop.settling).toBeUndefined();
  shop.changed();
  await turn();
  shop.changed();
  reading.end();
  await turn();
  expect(reading.begun()).toBe(2);
  expect(shop.settling).toBeDefined();
  reading.end();
  await shop.settling;
  expect(shop.settling).toBeUndefined();
});

test('a reading that fails leaves the change unread, and whoever asks tries again', async () => {
  const { database: shop, reading } = database();
  shop.changed();
  await turn();
  reading.end(new Error('gone'));
  await turn();
  const again = shop.settling;
  await turn();
  reading.end();
  await again;
  expect(shop.settling).toBeUndefined();
});

test('a reading on time that began before a change doesn\'t count as having seen it', async () => {
  const { database: shop, reading, clock } = database();
  shop.mayHaveChanged();
  clock.advance(1_000);
  await turn();
  expect(reading.begun()).toBe(1);
  expect(shop.settling).toBeUndefined();
  shop.changed();
  await turn();
  reading.end();
  await turn();
  expect(reading.begun()).toBe(2);
  expect(shop.settling).toBeDefined();
  reading.end();
  await turn();
  await turn();
  expect(shop.settling).toBeUndefined();
});

test('unseen code makes the catalog be read once, however often it ran, and a failure on time changes nothing', async () => {
  const { database: shop, reading, clock } = database();
  for (let count = 0; count < 100; count++) shop.mayHaveChanged();
  clock.advance(1_000);
  await turn();
  expect(reading.begun()).toBe(1);
  reading.end(new Error('full'));
  await turn();
  expect(shop.settling).toBeUndefined();
});

test('verdicts are kept for an agent as it has logged in, not for its name', () => {
  const { database: shop } = database();
  const [before, after] = [{ name: 'reporter', groups: ['trusted'] }, { name: 'reporter', groups: [] }] as never[] as [never, never];
  expect(shop.verdicts(before, 'p1')).toBe(shop.verdicts(before, 'p1'));
  expect(shop.verdicts(before, 'p1')).not.toBe(shop.verdicts(after, 'p1'));
  expect(shop.verdicts(before, 'p1')).not.toBe(shop.verdicts(before, 'p2'));
});

test('whether it hides anything from an agent: by detectors, and by rules that mask, whoever they are about', () => {
  const { database: shop } = database();
  const hides = (groups: readonly string[], rules: readonly string[], head = ''): boolean => shop.hides({ groups }, policy(rules, head));
  expect([hides([], []), hides([], [], 'detect: [{ find: [card], unmask: [dba] }]'), hides(['dba'], [], 'detect: [{ find: [card], unmask: [dba] }]')]).toEqual([false, true, false]);
  expect(hides([], ['{ name: veil, tables: [notes], agents: [other], then: mask }'])).toBe(true);
});
