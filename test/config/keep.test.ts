import { expect, test } from 'vitest';
import { configFrom } from '../../src/config/load.ts';
import { problemsOf } from './problems.ts';

const base = (journal: string, more = ''): string => `listen: { postgres: 127.0.0.1:0 }
databases: { shop: { protocol: postgres, upstream: "postgres://app@127.0.0.1:5432/shop" } }
policies: [${import.meta.filename}]
journal: ${journal}
${more}`;
const keep = (journal: string, more = '') => configFrom('/etc/countersign.yaml', base(journal, more)).journal.keep;
const HOUR = 3_600_000;

test('all of the journal stays unless it is said how much', () => {
  expect(keep('{}')).toBeUndefined();
  expect(keep('{ keep: 90d }')).toEqual({ ageMs: 90 * 24 * HOUR, leastMs: 12 * HOUR });
  expect(keep('{ keep_size: 50GiB }')).toEqual({ bytes: 50 * 1024 ** 3, leastMs: 12 * HOUR });
  expect(keep('{ keep: 90d, keep_size: 50GiB }', 'approvals: { within: 3d }')).toEqual({ ageMs: 90 * 24 * HOUR, bytes: 50 * 1024 ** 3, leastMs: 72 * HOUR });
});

test('less than the process needs is an error that says for what', () => {
  const problems = (journal: string, more?: string) => problemsOf('/etc/countersign.yaml', base('{}'), () => base(journal, more)).join('\n');
  expect(problems('{ keep: 11h }')).toMatch(/4:18: records must stay for 12h at least: a sign-in may last so long/);
  expect(problems('{ keep: 2d }', 'approvals: { within: 3d }')).toMatch(/records must stay for 3d at least: a request may wait so long/);
  expect(problems('{ keep_size: 100MiB }')).toMatch(/keep_size must be twice journal.segment/);
  expect(problems('{ keep_size: 100MiB, segment: 50MiB }')).toBe('');
  expect(problems('{ keep: 0d }')).toMatch(/longer than nothing/);
  expect(problems('{ keep: forever }')).toMatch(/isn't a duration/);
});
