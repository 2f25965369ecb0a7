import { expect, test } from 'vitest';
import { CatalogWatch } from '../../src/session/catalog-watch.ts';
import { FakeClock } from '../support/fake-clock.ts';

const SECOND = 1_000;

function watched({ readingMs = 0 } = {}) {
  const clock = new FakeClock();
  const state = { mark: 'a' as string | Error, reads: [] as number[], closed: false };
  const watch = new CatalogWatch({
    clock,
    mark: {
      read: () => (state.mark instanceof Error ? Promise.reject(state.mark) : Promise.resolve(state.mark)),
      close: () => Promise.resolve(void (state.closed = true)),
    },
    look: () => new Promise((resolve) => {
      state.reads.push(clock.now());
      clock.after(readingMs, resolve);
    }),
  });
  return { clock, state, watch, reads: (): number => state.reads.splice(0).length };
}

test('a catalog that stays the same is read once a minute', async () => {
  const { clock, reads } = watched();
  await clock.advanceAsync(2 * SECOND);
  expect(reads()).toBe(1); // the first mark: a change since the catalog was read wouldn't have been seen
  await clock.advanceAsync(126 * SECOND);
  reads();
  await clock.advanceAsync(300 * SECOND);
  expect(reads()).toBeLessThanOrEqual(5);
});

test('a change is read within two seconds, and what is still changing a few times more', async () => {
  const { clock, state, reads } = watched();
  await clock.advanceAsync(200 * SECOND);
  reads();
  state.mark = 'b';
  await clock.advanceAsync(2 * SECOND);
  expect(reads()).toBe(1);
  await clock.advanceAsync(60 * SECOND);
  expect(reads()).toBe(4);
});

test('a catalog that always changes and takes long to read is read for a fifth of the time', async () => {
  const { clock, state, reads } = watched({ readingMs: SECOND });
  for (let n = 0; n < 200; n++) {
    state.mark = `changed ${n}`;
    await clock.advanceAsync(SECOND);
  }
  expect(reads()).toBeLessThanOrEqual(40);
});

test('a database that can\'t be asked is read once a minute, and asked again', async () => {
  const { clock, state, reads } = watched();
  await clock.advanceAsync(200 * SECOND);
  reads();
  state.mark = new Error('restarting');
  await clock.advanceAsync(120 * SECOND);
  expect(reads()).toBe(2);
  state.mark = 'c';
  await clock.advanceAsync(2 * SECOND);
  expect(reads()).toBe(1);
});

test('nothing is asked after its end', async () => {
  const { clock, state, watch, reads } = watched();
  await watch.close();
  await clock.advanceAsync(100 * SECOND);
  expect(reads()).toBe(0);
  expect(state.closed).toBe(true);
  expect(clock.waiting).toBe(0);
});
