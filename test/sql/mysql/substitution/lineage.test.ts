import { createConnection } from 'mysql2/promise';
import { describe, expect, it } from 'vitest';
import { loadCatalog } from '../../../../src/sql/mysql/catalog-load.ts';
import { Readings } from '../../../../src/sql/mysql/reading.ts';
import { lineage } from '../../../../src/sql/mysql/substitution/lineage.ts';
import { testedFlavours } from '../../../support/mysql-binaries.ts';
import { startMysql } from '../../../support/mysql.ts';
import { queryOn } from '../subject.ts';
import { SHOP } from './shop.ts';

const VIEWS: readonly string[] = [
  'CREATE VIEW totals AS SELECT c.name, sum(o.total) AS total, count(*) AS n FROM customers c LEFT JOIN orders o ON o.customer_id = c.id WHERE c.born IS NOT NULL GROUP BY c.name ORDER BY 2',
  'CREATE VIEW again AS SELECT mail, id + 1 AS next FROM shown', 'CREATE VIEW both_of AS SELECT email AS e FROM customers UNION ALL SELECT note FROM orders', 'CREATE VIEW counted AS SELECT (SELECT count(*) FROM orders o WHERE o.customer_id = c.id) AS n FROM customers c',
  'CREATE FUNCTION f() RETURNS varchar(80) READS SQL DATA RETURN (SELECT email FROM customers LIMIT 1)', 'CREATE VIEW hidden AS SELECT f() AS x FROM orders', 'CREATE VIEW beneath AS SELECT x FROM hidden',
  "CREATE VIEW `Odd ``view` AS SELECT `Secret` AS `it's`, 'customers.email' AS t FROM `Mixed Case`", 'CREATE VIEW windowed AS SELECT id, row_number() OVER (PARTITION BY ssn ORDER BY balance) AS r FROM customers', 'CREATE VIEW derived AS SELECT d.e FROM (SELECT concat(email, ssn) AS e FROM customers) d',
];

const shop = (...names: readonly string[]): string[] => names.map((name) => `shop.${name}`);
const columns = (of: Readonly<Record<string, readonly string[] | 'unknown'>>): object[] => Object.entries(of).map(([name, from]) => ({ name, of: from === 'unknown' ? from : shop(...from) }));

describe.each(testedFlavours())('views of a real %s', { timeout: 60_000 }, (flavour) => {
  it('show the columns of tables that are in them', async () => {
    const server = await startMysql({ flavour, settings: { log_bin_trust_function_creators: true } });
    const connection = await createConnection({ uri: server.url });
    for (const statement of [...SHOP, ...VIEWS]) await connection.query(statement);
    const data = await loadCatalog(queryOn(connection));
    const of = lineage(data, new Readings());
    expect(of.get('shop.names')).toEqual({ columns: columns({ id: ['customers.id'], name: ['customers.name'] }), rows: [], tables: ['shop.customers'] });
    expect(of.get('shop.rich')).toEqual({ columns: columns({ id: ['customers.id'] }), rows: ['shop.customers.balance'], tables: ['shop.customers'] });
    expect(of.get('shop.shown')?.columns).toEqual(columns({ id: ['customers.id'], mail: ['customers.email'] }));
    expect(of.get('shop.again')).toEqual({ columns: columns({ mail: ['customers.email'], next: ['customers.id'] }), rows: [], tables: ['shop.customers'] });
    expect(of.get('shop.totals')).toEqual({ columns: columns({ name: ['customers.name'], total: ['orders.total'], n: [] }), rows: shop('customers.born', 'customers.id', 'customers.name', 'orders.customer_id', 'orders.total'), tables: shop('customers', 'orders') });
    expect(of.get('shop.both_of')?.columns).toEqual(columns({ e: ['customers.email', 'orders.note'] }));
    expect(of.get('shop.counted')).toMatchObject({ columns: columns({ n: [] }), tables: shop('customers', 'orders') });
    expect(of.get('shop.Odd `view')?.columns).toEqual([{ name: "it's", of: ['shop.Mixed Case.Secret'] }, { name: 't', of: [] }]);
    expect(of.get('shop.windowed')).toMatchObject({ rows: shop('customers.balance', 'customers.ssn') });
    expect(of.get('shop.derived')?.columns).toEqual(columns({ e: ['customers.email', 'customers.ssn'] }));
    for (const name of ['shop.hidden', 'shop.beneath']) expect(of.get(name)).toMatchObject({ columns: columns({ x: 'unknown' }), rows: 'unknown', tables: 'unknown' });
    await connection.end();
    await server.stop();
  });
});
