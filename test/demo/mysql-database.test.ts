import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { createConnection } from 'mysql2/promise';
import { describe, expect, test } from 'vitest';

import { loadConfig } from '../../src/config/load.ts';
import { writeDemoConfiguration } from '../../src/demo/configuration.ts';
import { startDemoMysql } from '../../src/demo/mysql-database.ts';
import { startProxy } from '../../src/proxy.ts';
import { createLog } from '../../src/runtime/log.ts';
import { serverPrograms, testedFlavours } from '../support/mysql-binaries.ts';

describe.each(testedFlavours())('%s', (flavour) => {
  const binaries = serverPrograms(flavour);

  test.runIf(binaries !== undefined)('the demo starts a shop of a believable size, and an agent sees it through the proxy', { timeout: 60_000 }, async () => {
    if (binaries === undefined) return;
    const started = performance.now();
    const demo = await startDemoMysql(binaries);
    console.log(`start to ready: ${Math.round(performance.now() - started)} ms`);
    const dir = mkdtempSync(join(tmpdir(), 'cs-demo-test-'));
    const { file, agentPassword } = writeDemoConfiguration(dir, { postgres: { ...demo, database: 'elsewhere' }, mysql: demo }, { postgres: 0, mysql: 0, http: 0 });
    const proxy = await startProxy(await loadConfig(file), createLog('silent'));
    const agent = await createConnection({ host: '127.0.0.1', port: proxy.mysql?.port ?? 0, user: 'agent', password: agentPassword, database: demo.database });
    const [rows] = await agent.query({
      rowsAsArray: true,
      sql: `SELECT (SELECT COUNT(*) FROM customers), (SELECT COUNT(*) FROM orders), (SELECT COUNT(*) > 60000 FROM order_items), (SELECT COUNT(*) > 30000 FROM payments), (SELECT COUNT(*) > 30 FROM revenue_by_month),
        (SELECT COUNT(DISTINCT name) > 300 FROM customers), (SELECT MIN(o.total = i.total) FROM orders o JOIN (SELECT order_id, SUM(quantity * price) AS total FROM order_items GROUP BY 1) i ON i.order_id = o.id)`,
    });
    expect(rows).toEqual([[12_000, 40_000, 1, 1, 1, 1, 1]]);
    await agent.end();
    await proxy.stop('the test is over');
    await demo.stop();
    rmSync(dir, { recursive: true });
    expect(existsSync(dirname(demo.logFile))).toBe(false);
  });
});
