/**
 * What every driver must report, scenario by scenario, directly from the server and through the proxy alike. A driver
 * may report more (`native`: its own values and messages); that must then be equal on both ways.
 */

import { createHash } from 'node:crypto';

/** Rows of the big COPY, either way. */
const COPIED = 200_000;

function copiedLines(): string {
  return Array.from({ length: COPIED }, (_, index) => `${index + 1}\tlabel ${index + 1}\n`).join('');
}

/** As the server shows them after their way through the driver. */
const VALUES = {
  null: null,
  bool: 'true',
  int2: '-32768',
  int4: '2147483647',
  int8: '9007199254740993',
  numeric: '12345678901234567890.123456789',
  float8: '0.1',
  text: `na\u00efve \u2013 \u6f22\u5b57 \u{1f418} "q" \\ ' end`,
  empty: '',
  bytea: '\\x00ff5c27',
  int_array: '{1,NULL,3}',
  text_array: '{"a,b","\\"",NULL}',
  jsonb: `{"a": [1, null], "\u00fc": "\u{1f418}"}`,
  timestamptz: '2024-02-29 12:34:56.789+00',
  date: '1999-12-31',
  uuid: '0b5f1c9e-7a52-4f0e-9d3a-2f6f3c1d8e77',
};

export const GOLDEN: Readonly<Record<string, object>> = {
  connect: { one: 1, encoding: 'UTF8' },
  unprepared: { answer: 42 },
  values: { shown: VALUES },
  prepared: { sum: 20_100, kept: 1 },
  transactions: { committed: 1, rolledBack: 0, savepoint: 1, state: '23505', inFailed: '25P02', after: 1 },
  errors: { syntax: '42601', unique: '23505', check: '23514', notNull: '23502', table: '42P01', division: '22012', invalid: '22P02', after: 1 },
  copy: { count: COPIED, sum: 20_000_100_000, out: createHash('sha256').update(copiedLines()).digest('hex') },
  'copy-failed': { bad: '22P02', after: 1 },
  cancel: { state: '57014', after: 1 },
  notify: { payload: 'hello \u00fc' },
  cursor: { rows: 10_000, sum: 50_005_000 },
  pipeline: { inserted: 500, state: '22012', after: 1 },
  large: { rows: 100_000, sum: 5_000_050_000, wide: 5_000_000 },
};

/** What must come of statements on the table `held`, through the proxy only. */
export const HELD_GOLDEN: Readonly<Record<string, object>> = {
  approved: { returned: 1, noticed: true },
  denied: { state: '42501', reason: true, detail: 'decision_denied', after: 1 },
  'denied-in-transaction': { state: '42501', inFailed: '25P02', after: 1, kept: 0 },
  'approved-in-transaction': { returned: 2, kept: 1 },
  expired: { state: '42501', detail: 'expired', after: 1 },
  cancelled: { state: '57014', after: 1 },
  prepared: { results: [1, '42501', 3], after: 1 },
  pipelined: { approved: 3, state: '42501', after: 1 },
  forbidden: { state: '42501', detail: 'denied', after: 1 },
  'copied-in': { copied: 2, state: '42501', after: 1 },
  'copied-out': { bytes: 8893, state: '42501', after: 1 },
  portions: { rows: 2000, sum: 2_001_000 },
  disconnected: {},
};

/** How the requests of one run of those scenarios must have ended, by the marker in their text. */
export const HELD_OUTCOMES: Readonly<Record<string, readonly string[]>> = {
  approved: ['finished'],
  denied: ['denied'],
  'denied-in-transaction': ['denied'],
  'approved-in-transaction': ['finished'],
  expired: ['expired'],
  cancelled: ['withdrawn'],
  prepared: ['finished', 'denied', 'finished'],
  pipelined: ['finished', 'denied'],
  'copied-in': ['finished', 'denied'],
  'copied-out': ['finished', 'denied'],
  portions: ['finished'],
  disconnected: ['withdrawn'],
};

export const DENIAL = 'not today: ask in the morning \u2013 \u00fc';
