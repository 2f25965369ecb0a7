import { describe, expect, it } from 'vitest';
import type { JournalEvent, JournalRecord } from '../../src/journal/events.ts';
import { sessionPage } from '../../src/journal/session-page.ts';
import { opened } from './sample-requests.ts';
import { outcome, sessionStart, statement } from './setup.ts';

const START = sessionStart();
const run = (kind: string, more: Parameters<typeof statement>[1] = {}): JournalEvent => statement(kind, { statements: [{ kind }], ...more });

async function* recorded(events: readonly JournalEvent[]): AsyncGenerator<JournalRecord> {
  for (const [i, event] of events.entries()) yield { sequence: i + 1, time: new Date(Date.UTC(2026, 0, 1) + i).toISOString(), event };
}

/** One sign for each record: the number of its transaction, `(` where it begins, `C` or `R` where it ends. */
async function bands(...events: readonly JournalEvent[]): Promise<string> {
  const page = await sessionPage(recorded(events), 1);
  return (page?.records ?? []).map(({ transaction: at }) => (at === undefined ? '.' : `${at.number}${at.begins === true ? '(' : ''}${at.ends === undefined ? '' : at.ends === 'commit' ? 'C' : 'R'}`)).join(' ');
}

describe('transactions', () => {
  it('last from BEGIN to COMMIT or ROLLBACK, whenever their outcomes come', async () => {
    expect(await bands(START, run('begin'), run('select'), outcome(2), run('commit'), run('select'), outcome(5))).toBe('. 1( 1 1C .');
    expect(await bands(run('start transaction'), run('rollback'), outcome(2), run('start'), run('commit'), outcome(5))).toBe('1( 1R 2( 2C');
  });

  it('are rolled back with their session', async () => {
    const end: JournalEvent = { kind: 'session.end', session: 's_1', reason: 'closed', statements: 1, bytesIn: 0, bytesOut: 0 };
    expect([await bands(run('begin'), end), await bands(run('select'), end)]).toEqual(['1( 1R', '. .']);
  });

  it('begin and end within one text, and only by what ran', async () => {
    const texts = (...kinds: readonly string[]): JournalEvent => statement(kinds.join('; '), { statements: kinds.map((kind) => ({ kind })) });
    expect(await bands(texts('begin', 'select', 'commit'), run('select'))).toBe('1(C .');
    expect(await bands(run('begin'), texts('commit', 'begin'), run('select'))).toBe('1( 1 1');
    expect(await bands(run('begin', { fate: 'refused' }), run('select'))).toBe('. .');
    expect(await bands(run('begin'), run('commit', { fate: 'refused' }), run('rollback to'))).toBe('1( 1 1');
  });
});

it('outcomes stand with what ran their statements, and alone where the journal lacks them', async () => {
  async function* late(): AsyncGenerator<JournalRecord> {
    for await (const record of recorded([outcome(3), run('select'), run('select'), outcome(12), outcome(13), { kind: 'continue', session: 's_1', statement: 12 }, outcome(12), outcome(12)])) yield { ...record, sequence: record.sequence + 10 };
  }
  const page = await sessionPage(late(), 1);
  expect(page?.records.map(({ record, outcomes }) => [record.event.kind, outcomes.length])).toEqual([['outcome', 0], ['statement', 1], ['statement', 1], ['continue', 2]]);
});

describe('pages', () => {
  const many = [START, ...Array.from({ length: 450 }, (_, i) => run('select', i === 420 ? { fate: 'refused', code: '42501' } : {})), opened({ session: 's_1' })];

  it('have 200 records each, and say where something was held or refused', async () => {
    const [first, last] = [await sessionPage(recorded(many), 1), await sessionPage(recorded(many), 3)];
    expect(first).toMatchObject({ pages: 3, marked: 2, begun: Date.UTC(2026, 0, 1), summary: { agent: 'reporter', statements: 450, held: 1, refused: 1 } });
    expect([first?.records.length, last?.records.length]).toEqual([200, 52]);
    expect(last?.records[0]?.record.sequence).toBe(401);
    expect(first?.marks).toMatchObject([{ sequence: 422, page: 3, what: 'refused' }, { sequence: 452, page: 3, what: 'held' }]);
  });

  it('end early where statements are large', async () => {
    const large = Array.from({ length: 9 }, () => statement('x'.repeat(1024 * 1024)));
    const [first, last] = [await sessionPage(recorded(large), 1), await sessionPage(recorded(large), 3)];
    expect([first?.pages, first?.records.length, last?.records.length]).toEqual([3, 3, 3]);
  });

  it('aren\'t there without records', async () => {
    expect(await sessionPage(recorded([]), 1)).toBeUndefined();
  });
});
