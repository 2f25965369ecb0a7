/** Text -> what it becomes, and how it uses masked columns. `{…}` in a text stands for a masked relation, with what is behind it inside. */

export interface Case {
  readonly sql: string;
  /** Undefined: there is none. */
  readonly text?: string;
  /** `email:projected ssn:lookup` */
  readonly uses: string;
}

/** What `{…}` stands for. */
export const READ = 'SELECT "id", "name", M("email") AS "email", M("ssn") AS "ssn", M("balance") AS "balance" FROM "public"."customers"';
const ALL = 'email:projected ssn:projected balance:projected';

export const CASES: readonly Case[] = [
  { sql: 'SELECT 1', text: 'SELECT 1', uses: '' },
  { sql: 'SELECT * FROM orders', text: 'SELECT * FROM orders', uses: '' },
  { sql: 'SELECT * FROM other.customers', text: 'SELECT * FROM other.customers', uses: '' },
  { sql: 'SELECT id FROM customers', text: 'SELECT id FROM ({}) AS "customers"', uses: '' },
  { sql: 'TABLE customers', text: 'SELECT * FROM ({}) AS "customers"', uses: ALL },
  { sql: 'SELECT c.email FROM public.customers c, orders', text: 'SELECT c.email FROM ({}) c, "public"."orders"', uses: 'email:projected' },
  { sql: 'SELECT public.customers.email FROM customers', text: 'SELECT customers.email FROM ({}) AS "customers"', uses: 'email:projected' },
  { sql: 'SELECT c FROM customers AS c', text: 'SELECT c::"public"."customers" FROM ({}) AS c', uses: 'email:derived ssn:derived balance:derived' },
  { sql: 'SELECT lower(email) FROM customers', text: 'SELECT lower(email) FROM ({}) AS "customers"', uses: 'email:derived' },
  { sql: 'SELECT max(email) FROM customers', text: 'SELECT max(email) FROM ({}) AS "customers"', uses: 'email:filtered email:derived' },
  { sql: 'SELECT id FROM customers WHERE ssn > $1', text: 'SELECT id FROM ({}) AS "customers" WHERE ssn > $1', uses: 'ssn:filtered' },
  { sql: 'SELECT id FROM customers c WHERE c.ssn = $2 AND id = $1', text: 'SELECT id FROM ({ WHERE "ssn" OPERATOR(pg_catalog.=) $2::pg_catalog.text}) c WHERE TRUE AND id = $1', uses: 'ssn:lookup' },
  { sql: 'SELECT id FROM customers WHERE ssn = $1 OR id = 1', text: 'SELECT id FROM ({}) AS "customers" WHERE ssn = $1 OR id = 1', uses: 'ssn:filtered' },
  { sql: 'SELECT id FROM customers WHERE NOT ssn = $1', text: 'SELECT id FROM ({}) AS "customers" WHERE NOT ssn = $1', uses: 'ssn:filtered' },
  { sql: `SELECT id FROM customers WHERE email = 'a' COLLATE "C"`, text: `SELECT id FROM ({}) AS "customers" WHERE email = 'a' COLLATE "C"`, uses: 'email:filtered' },
  { sql: 'SELECT id FROM customers WHERE balance = 1.5', text: 'SELECT id FROM ({}) AS "customers" WHERE balance = 1.5', uses: 'balance:filtered' },
  { sql: 'SELECT o.id FROM orders o LEFT JOIN customers c ON c.ssn = $1', text: 'SELECT o.id FROM "public"."orders" o LEFT JOIN ({}) c ON c.ssn = $1', uses: 'ssn:filtered' },
  { sql: 'SELECT o.id FROM orders o LEFT JOIN customers c ON true WHERE c.ssn = $1', text: 'SELECT o.id FROM "public"."orders" o LEFT JOIN ({}) c ON true WHERE c.ssn = $1', uses: 'ssn:filtered' },
  { sql: 'EXPLAIN SELECT id FROM customers WHERE ssn = $1', text: 'EXPLAIN SELECT id FROM ({}) AS "customers" WHERE ssn = $1', uses: 'ssn:filtered' },
  { sql: 'SELECT name FROM customers GROUP BY id', text: 'SELECT name FROM ({}) AS "customers" GROUP BY "customers"."name", id', uses: '' },
  { sql: 'SELECT * FROM contacts', text: 'SELECT * FROM ( SELECT id, email FROM ({}) AS "customers" WHERE name IS NOT NULL) AS "contacts"', uses: 'email:projected' },
  { sql: 'SELECT * FROM guarded', uses: '' },
  { sql: 'SELECT * FROM guarded_names', text: 'SELECT * FROM guarded_names', uses: '' },
  { sql: 'SELECT upper(g.name) FROM guarded_names g, customers', text: 'SELECT upper(g.name) FROM "public"."guarded_names" g, ({}) AS "customers"', uses: '' },
  { sql: 'SELECT * FROM guarded_rows', uses: '' },
  { sql: 'SELECT o.id, c FROM orders o LEFT JOIN customers c ON c.id = o.customer_id', uses: '' },
  { sql: 'SELECT postgres.public.customers.id FROM customers', uses: '' },
  { sql: 'CREATE VIEW v AS SELECT ssn FROM customers', text: 'CREATE VIEW v AS SELECT ssn FROM ({}) AS "customers"', uses: 'ssn:copied' },
  { sql: 'COPY customers (ssn, id) TO STDOUT', text: 'COPY (SELECT M("ssn") AS "ssn", "id" FROM ONLY "public"."customers") TO STDOUT', uses: 'ssn:projected' },
  { sql: 'COPY (DELETE FROM customers RETURNING id, ssn) TO STDOUT', uses: '' },
  { sql: 'COPY (DELETE FROM customers RETURNING *) TO STDOUT', uses: '' },
  { sql: 'COPY (DELETE FROM customers RETURNING id) TO STDOUT', uses: '' },
  { sql: 'COPY (WITH d AS (DELETE FROM customers RETURNING id) SELECT id FROM d) TO STDOUT', uses: '' },
  { sql: 'COPY (DELETE FROM orders RETURNING id) TO STDOUT', text: 'COPY (DELETE FROM orders RETURNING id) TO STDOUT', uses: '' },
  { sql: 'UPDATE customers SET ssn = $1 WHERE email = $2 RETURNING id, ssn', text: 'UPDATE customers SET ssn = $1 WHERE email = $2 RETURNING id, ssn', uses: 'email:lookup ssn:written=1 ssn:projected' },
  { sql: 'UPDATE customers SET name = ssn', text: 'UPDATE customers SET name = ssn', uses: 'ssn:own' },
  { sql: 'UPDATE customers c SET name = row_to_json(c)', text: 'UPDATE customers c SET name = row_to_json(c)', uses: 'email:own ssn:own balance:own' },
  { sql: 'DELETE FROM customers WHERE ssn > $1 RETURNING *', text: 'DELETE FROM customers WHERE ssn > $1 RETURNING *', uses: `ssn:own ${ALL}` },
  { sql: 'DELETE FROM customers RETURNING lower(old.ssn)', uses: '' },
  { sql: 'DELETE FROM customers c RETURNING c', uses: '' },
  { sql: 'DELETE FROM customers c RETURNING (SELECT c.ssn)', uses: '' },
  { sql: 'WITH d AS (DELETE FROM customers RETURNING *) SELECT id FROM d', uses: '' },
  { sql: 'DELETE FROM customers a USING customers b WHERE a.ssn = b.ssn', text: 'DELETE FROM "public"."customers" a USING ({}) b WHERE a.ssn = b.ssn', uses: 'ssn:own ssn:filtered' },
  { sql: 'INSERT INTO customers (id, ssn) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET ssn = excluded.ssn', text: 'INSERT INTO customers (id, ssn) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET ssn = excluded.ssn', uses: 'ssn:written=1 ssn:written' },
  { sql: `SELECT 1 FROM customers WHERE'a'=ssn AND id=1`, text: `SELECT 1 FROM ({ WHERE "ssn" OPERATOR(pg_catalog.=) 'a'::pg_catalog.text}) AS "customers" WHERE(TRUE) AND id=1`, uses: 'ssn:lookup' },
  { sql: `SELECT 1 FROM customers c(a, b, ssn) WHERE ssn = 'a'`, text: `SELECT 1 FROM ({}) c(a, b, ssn) WHERE ssn = 'a'`, uses: 'email:filtered ssn:filtered' },
  { sql: 'SELECT ssn INTO z FROM customers UNION ALL SELECT name FROM customers', text: 'SELECT ssn INTO z FROM ({}) AS "customers" UNION ALL SELECT name FROM ({}) AS "customers"', uses: 'ssn:copied' },
  { sql: `SELECT 1 FROM (SELECT (c).* FROM orders o, customers c) x WHERE ssn > 'a'`, text: `SELECT 1 FROM (SELECT (c::"public"."customers").* FROM "public"."orders" o, ({}) c) x WHERE ssn > 'a'`, uses: 'email:filtered ssn:filtered balance:filtered' },
  { sql: 'WITH d AS (DELETE FROM customers RETURNING id) SELECT id FROM d', text: 'WITH d AS (DELETE FROM customers RETURNING id) SELECT id FROM d', uses: '' },
  { sql: 'WITH d AS (DELETE FROM customers RETURNING ssn AS id) SELECT id FROM d', uses: '' },
  { sql: 'DELETE FROM customers WHERE ssn > $1 RETURNING ssn', text: 'DELETE FROM customers WHERE ssn > $1 RETURNING ssn', uses: 'ssn:own ssn:projected' },
  { sql: 'UPDATE customers SET name = ssn RETURNING name', uses: '' },
  { sql: 'INSERT INTO customers (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET name = customers.ssn RETURNING name', uses: '' },
  { sql: 'MERGE INTO customers c USING orders o ON o.id = c.id WHEN MATCHED THEN UPDATE SET name = c.ssn RETURNING c.name', uses: '' },
  { sql: 'SELECT id, current_query() FROM customers', uses: '' },
  { sql: 'SELECT id FROM customers, pg_catalog.pg_stat_get_activity(NULL) a', uses: '' },
  { sql: 'SELECT id, current_query() FROM orders', text: 'SELECT id, current_query() FROM orders', uses: '' },
  { sql: 'TRUNCATE customers', text: 'TRUNCATE customers', uses: '' },
  { sql: 'CREATE INDEX ON customers (lower(email))', uses: '' },
  { sql: 'CREATE UNIQUE INDEX ON customers (name) INCLUDE (email)', text: 'CREATE UNIQUE INDEX ON customers (name) INCLUDE (email)', uses: '' },
  { sql: 'CREATE UNIQUE INDEX ON customers (id, email)', text: 'CREATE UNIQUE INDEX ON customers (id, email)', uses: 'email:own' },
  { sql: 'CREATE INDEX ON customers (email) INCLUDE (id)', text: 'CREATE INDEX ON customers (email) INCLUDE (id)', uses: 'email:own' },
  { sql: 'CLUSTER customers USING customers_email', text: 'CLUSTER customers USING customers_email', uses: 'email:own ssn:own balance:own' },
  { sql: 'CREATE RULE r AS ON INSERT TO orders DO ALSO SELECT * FROM customers', uses: '' },
];
