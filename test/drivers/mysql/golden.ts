/**
 * What every MySQL driver must report, scenario by scenario, directly from the server and through the proxy alike. A driver
 * may report more (`native`: its own values and messages); that must then be equal on both ways.
 */

import type { MysqlFlavour } from '../../../src/demo/mysql-binaries.ts';
import { UNICODE } from '../scenario.ts';

/** As the server shows them after their way through the driver. */
const VALUES = {
  nothing: null, tiny: '-128', whole: '2147483647', big: '-9223372036854775808', ubig: '18446744073709551615', exact_: '12345678901234567890.123456789', approx: '0.1',
  txt: UNICODE, blank: '', bytes: '00FF5C27', at: '2024-02-29 12:34:56.789', day: '1999-12-31', clock: '12:34:56.789', doc: '{"a": [1, null], "ü": "🐘"}', bits: '165',
};

/** ER_CONSTRAINT_FAILED of MariaDB, ER_CHECK_CONSTRAINT_VIOLATED of MySQL. */
const CHECK: Readonly<Record<MysqlFlavour, number>> = { mariadb: 4025, mysql: 3819 };

export function golden(flavour: MysqlFlavour): Readonly<Record<string, object>> {
  return {
    connect: { one: 1, charset: 'utf8mb4' },
    unprepared: { answer: 42, several: ['1', 'two', '3'] },
    values: { prepared: VALUES, interpolated: VALUES },
    prepared: { sum: 20_100 },
    altered: { labels: ['first', 'first', 'first'] },
    transactions: { committed: 1, rolledBack: 0, savepoint: 1, errno: 1062, after: 1 },
    errors: { syntax: 1064, unique: 1062, notNull: 1048, table: 1146, check: CHECK[flavour], range: 1264, after: 1 },
    multi: { inserted: 1, errno: 1146, after: 1 },
    settings: { kept: 5, warning: 1292, reset: null },
    cancel: { errno: 1317, after: 1 },
    streamed: { rows: 10_000, sum: 50_005_000 },
    bulk: { inserted: 500, errno: 1062, after: 1 },
    pipeline: { inserted: 500, errno: 1146, after: 1 },
    large: { rows: 100_000, sum: 5_000_050_000, wide: 18_000_000, sent: 18_000_000 },
  };
}

/** What must come of statements on the table `held`, through the proxy only. After a refusal MySQL's transactions go on. */
export const HELD_GOLDEN: Readonly<Record<string, object>> = {
  approved: { affected: 1 },
  denied: { errno: 1227, state: '42000', reason: true, detail: 'decision_denied', after: 1 },
  'denied-in-transaction': { errno: 1227, inside: 1, kept: 1 },
  'approved-in-transaction': { affected: 1, kept: 1 },
  expired: { errno: 1227, detail: 'expired', after: 1 },
  cancelled: { errno: 1317, after: 1 },
  prepared: { results: [1, 1227, 1], after: 1 },
  batch: { ran: 1, kept: 0, errno: 1227, after: 1 },
  forbidden: { errno: 1227, detail: 'denied', after: 1 },
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
  batch: ['finished', 'denied'],
  portions: ['finished'],
  disconnected: ['withdrawn'],
};
