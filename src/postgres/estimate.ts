import type { ParameterValue } from '../protocol/statement.ts';
import { ESTIMATE_MS, type EstimateQuestion } from '../protocol/estimate.ts';
import { fewAtOnce } from '../protocol/few-at-once.ts';
import type { OwnAccess } from '../protocol/own-access.ts';
import { catalogClient } from './catalog-source.ts';

interface Plan {
  readonly 'Node Type'?: string;
  readonly 'Plan Rows'?: number;
  readonly Plans?: readonly Plan[];
}

/** EXPLAIN on a connection of its own, in a transaction that can't write. */
export function estimateQuestion(access: OwnAccess): EstimateQuestion {
  return fewAtOnce(async ({ text, parameters, settings }) => {
    const values = textsOf(parameters);
    if (values === undefined) return undefined;
    const client = await catalogClient(access, ESTIMATE_MS);
    try {
      const path = settings.get('search_path');
      await client.query(`BEGIN READ ONLY; SET LOCAL statement_timeout = ${ESTIMATE_MS}; SET LOCAL lock_timeout = ${ESTIMATE_MS}`);
      if (path !== undefined) await client.query({ text: 'SELECT pg_catalog.set_config(\'search_path\', $1, true)', values: [path] });
      // By the extended protocol, which takes one statement, whatever the text holds.
      const { rows } = await client.query<{ 'QUERY PLAN': readonly { Plan?: Plan }[] }>({ text: `EXPLAIN (FORMAT JSON) ${text}`, values, queryMode: 'extended' } as { text: string; values: unknown[] });
      return rowsOf(rows[0]?.['QUERY PLAN'][0]?.Plan);
    } finally {
      void client.end().catch(() => {});
    }
  });
}

/** Undefined where a value is in binary form. */
function textsOf(parameters: readonly ParameterValue[]): (string | null)[] | undefined {
  const values = parameters.map(({ format, bytes }) => (bytes === null ? null : format === 0 ? bytes.toString('utf8') : undefined));
  return values.includes(undefined) ? undefined : (values as (string | null)[]);
}

/** Of what is written, the rows that the plan below gives. */
function rowsOf(plan: Plan | undefined): number | undefined {
  return plan?.['Node Type'] === 'ModifyTable' ? plan.Plans?.[0]?.['Plan Rows'] : plan?.['Plan Rows'];
}
