import { ESTIMATE_MS, type EstimateQuestion } from '../protocol/estimate.ts';
import { fewAtOnce } from '../protocol/few-at-once.ts';
import type { OwnAccess } from '../protocol/own-access.ts';
import { mysqlName } from '../sql/quoting.ts';
import { type TextRow, textQuery } from './text-query.ts';
import { ownLogin, withLogin } from './upstream.ts';

/** Largest packet of the answer, bytes. */
const MAX_PACKET = 0x10_0000;

/** EXPLAIN on a connection of its own. Values of prepared statements aren't in their texts: of these nothing is told. */
export function estimateQuestion(access: OwnAccess): EstimateQuestion {
  return fewAtOnce(async ({ text, parameters, settings }) => {
    if (parameters.length > 0) return undefined;
    return withLogin(await ownLogin(access, 'estimate', ESTIMATE_MS), MAX_PACKET, async ({ exchange, capabilities }) => {
      const schema = settings.get('database');
      if (schema !== undefined) await textQuery(exchange, capabilities, `USE ${mysqlName(schema)}`);
      const rows = await textQuery(exchange, capabilities, `EXPLAIN FORMAT=TRADITIONAL ${text}`);
      exchange.quit();
      return rowsOf(rows);
    });
  });
}

/** The product over the tables of the outermost query's join: how many rows of each are read, and how many of these are kept. */
function rowsOf(plan: readonly TextRow[]): number | undefined {
  const id = plan[0]?.['id'];
  const counts = plan.filter((row) => row['id'] === id).map((row) => Number(row['rows'] ?? Number.NaN) * (Number(row['filtered'] ?? 100) / 100));
  const product = counts.reduce((all, count) => all * count, 1);
  return counts.length === 0 || !Number.isFinite(product) ? undefined : Math.round(product);
}
