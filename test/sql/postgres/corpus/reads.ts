/** Statements that read, by every road there is. */
export const READS = `
read | none kind:select | SELECT 1
read | none | SELECT
read | none | select 'a' || 'b', 1 + 2 * 3, -4, 5 % 3, 2 ^ 3
read | r:public.customers(id,name) | SELECT id, name FROM customers
read | r:public.customers(*) | SELECT * FROM customers
read | r:public.customers(*) | SELECT c.* FROM customers c
read | r:public.customers(email) | SELECT email FROM public.customers
read | r:public.customers(email) | SELECT customers.email FROM customers
read | r:public.customers(email) | SELECT public.customers.email FROM public.customers
read | r:public.customers(email,vip) | SELECT c.email FROM customers AS c WHERE c.vip
read | r:public.customers() | SELECT count(*) FROM customers
read | r:public.customers(vip) | SELECT count(*) FILTER (WHERE vip) FROM customers
read | r:public.customers(email,id) | SELECT email FROM customers ORDER BY id DESC NULLS LAST LIMIT 10 OFFSET 5
read | r:public.customers(name,vip) | SELECT name, count(*) FROM customers GROUP BY name HAVING bool_or(vip)
read | r:public.customers(*) | SELECT c FROM customers c
read | r:public.customers(*) | SELECT row_to_json(c) FROM customers c
read | r:public.customers(*) | SELECT to_jsonb(customers) FROM customers
read | r:public.customers(*) | SELECT (c).email FROM customers c
read | r:public.customers(home) | SELECT (home).city FROM customers
read | r:public.customers(home) | SELECT (c.home).city FROM customers c
read | r:public.customers(*) | SELECT (c.*)::text FROM customers c
read | r:public.customers(*) | TABLE customers
read | r:public.customers(*) | TABLE ONLY customers
read | none | VALUES (1, 'a'), (2, 'b')
read | r:public.customers(id) r:public.orders(customer_id,total) | SELECT o.total FROM customers c JOIN orders o ON o.customer_id = c.id
read | r:public.customers(id) r:public.orders(customer_id,total) | SELECT total FROM customers c, orders WHERE customer_id = c.id
read | r:public.customers(id,name) r:public.orders(id,total) | SELECT name, total FROM customers JOIN orders USING (id)
read | r:public.customers(*) r:public.orders(*) | SELECT name FROM customers NATURAL JOIN orders
read | r:public.customers(email,id) r:public.orders(id) | SELECT j.email FROM (customers c JOIN orders o ON c.id = o.id) AS j
read | r:public.customers() r:public.orders() | SELECT 1 FROM customers CROSS JOIN orders
read | r:public.customers(id,name) r:public.orders(customer_id) | SELECT name FROM customers c LEFT JOIN orders o ON c.id = o.customer_id WHERE o.customer_id IS NULL
read | r:public.customers(email) | SELECT x.e FROM (SELECT email AS e FROM customers) x
read | r:public.customers(email) | SELECT e FROM customers AS x(a, e, c)
read | r:public.customers(email) | SELECT x.e FROM customers AS x(a, e, c)
read | r:public.customers(email) | WITH c AS (SELECT email FROM customers) SELECT * FROM c
read | r:public.customers(email) | WITH c(x) AS (SELECT email FROM customers), d AS (SELECT x FROM c) SELECT * FROM d
read | r:public.customers(*) | WITH customers AS (SELECT * FROM customers) SELECT * FROM customers
read | r:public.customers(*) r:public.orders(*) | WITH orders AS (SELECT * FROM customers) SELECT * FROM orders, public.orders
read | none | WITH RECURSIVE t(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM t WHERE n < 100) SELECT sum(n) FROM t
read | none | WITH RECURSIVE customers AS (SELECT 1 UNION SELECT * FROM customers) SELECT * FROM customers
read | r:public.orders(id) | WITH a AS MATERIALIZED (SELECT id FROM orders) SELECT * FROM a
read | r:public.customers(id,name) | WITH RECURSIVE t AS (SELECT id, name FROM customers UNION ALL SELECT id, name FROM t) SEARCH DEPTH FIRST BY id SET o CYCLE id SET is_cycle USING path SELECT * FROM t
read | r:public.customers(email) r:public.orders(status) | SELECT email FROM customers UNION ALL SELECT status::text FROM orders
read | r:public.customers(id) r:public.orders(customer_id) | SELECT id FROM customers EXCEPT SELECT customer_id FROM orders ORDER BY 1
read | r:public.customers(id) r:public.orders(customer_id) | (SELECT id FROM customers) INTERSECT (SELECT customer_id FROM orders LIMIT 1)
read | r:public.customers(id,name) r:public.orders(customer_id) | SELECT name FROM customers c WHERE EXISTS (SELECT FROM orders o WHERE o.customer_id = c.id)
read | r:public.customers(id,name) r:public.orders(customer_id) | SELECT name FROM customers WHERE id IN (SELECT customer_id FROM orders)
read | r:public.customers(id,name) r:public.orders(customer_id,total) | SELECT name, (SELECT max(total) FROM orders WHERE customer_id = customers.id) FROM customers
read | r:public.customers(id,name) r:public.orders(customer_id) | SELECT name FROM customers WHERE id = ANY (SELECT customer_id FROM orders)
read | r:public.orders(total) | SELECT ARRAY(SELECT total FROM orders)
read | r:public.customers(id) r:public.orders(customer_id,id) | SELECT * FROM (SELECT id FROM customers) c, LATERAL (SELECT orders.id FROM orders WHERE customer_id = c.id) x
read | r:public.customers(email,id) r:public.orders(id,total) | SELECT (SELECT count(*) FROM orders o, (SELECT email) s WHERE o.id = c.id), (SELECT total FROM orders LIMIT 1) FROM customers c
read | r:public.products(price,tags) | SELECT unnest(tags), price FROM products
read | r:public.products(details,id) | SELECT id, details->>'a', details#>'{b,c}' FROM products WHERE details @> '{"x":1}'
read | r:public.products(tags) | SELECT tags[1], tags[1:2] FROM products WHERE 'x' = ANY (tags)
read | none | SELECT * FROM generate_series(1, 10) AS g(n)
read | none | SELECT * FROM ROWS FROM (generate_series(1, 3), generate_series(1, 4)) WITH ORDINALITY AS t(a, b, c)
read | none | SELECT * FROM json_to_recordset('[]') AS t(a int, b text)
read | r:public.products(details,id) | SELECT p.id, e.key FROM products p, jsonb_each(p.details) e
read | none | SELECT now(), current_timestamp, current_date, localtime, current_user, session_user, current_schema, current_catalog
read | none | SELECT coalesce(NULL, 1), nullif(1, 2), greatest(1, 2), least(1, 2)
read | none | SELECT CASE WHEN true THEN 1 ELSE 2 END, CASE 1 WHEN 1 THEN 'a' END
read | none | SELECT extract(year FROM now()), overlay('abc' PLACING 'x' FROM 1), position('a' IN 'abc'), substring('abc' FROM 1 FOR 2), trim(both ' ' from ' a ')
read | none | SELECT 'a' LIKE 'b', 'a' ILIKE 'b', 'a' SIMILAR TO 'b', 'a' ~ 'b', 'a' NOT LIKE 'b' ESCAPE 'x'
read | none | SELECT 1 BETWEEN 0 AND 2, 1 NOT BETWEEN SYMMETRIC 2 AND 0, 1 IN (1, 2), 1 IS DISTINCT FROM 2, 1 IS NOT NULL, true IS UNKNOWN
read | none | SELECT now() AT TIME ZONE 'utc', interval '1 day', date '2026-01-01', '1'::int, cast('2' AS numeric(10, 2))
read | none | SELECT ROW(1, 2) = ROW(3, 4), (1, 2) < (3, 4), ARRAY[1, 2] || 3
read | none | SELECT string_agg(x, ',' ORDER BY x) FROM (VALUES ('a'), ('b')) v(x)
read | r:public.orders(customer_id,total) | SELECT sum(total) OVER (PARTITION BY customer_id ORDER BY total ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM orders
read | r:public.orders(customer_id,total) | SELECT rank() OVER w FROM orders WINDOW w AS (PARTITION BY customer_id ORDER BY total)
read | r:public.orders(total) | SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY total) FROM orders
read | r:public.orders(customer_id,status,total) | SELECT customer_id, status, sum(total), grouping(status) FROM orders GROUP BY ROLLUP (customer_id, status)
read | r:public.orders(customer_id,status) | SELECT customer_id FROM orders GROUP BY GROUPING SETS ((customer_id), (status), ())
read | r:public.customers(name) | SELECT DISTINCT name FROM customers
read | r:public.customers(created_at,name) | SELECT DISTINCT ON (name) name FROM customers ORDER BY name, created_at
read | r:public.customers(ctid,tableoid) | SELECT ctid, tableoid FROM customers
read | r:public.orders(id) | SELECT id FROM orders TABLESAMPLE bernoulli (10) REPEATABLE (1)
read | r:public.orders(id) | SELECT id FROM orders ORDER BY id FETCH FIRST 3 ROWS WITH TIES
read | none | SELECT * FROM XMLTABLE('/a' PASSING '<a/>' COLUMNS x int PATH '@x')
read | none | SELECT xmlelement(name a, xmlattributes(1 AS b), 'c'), xmlforest(1 AS x), xmlparse(content '<a/>')
read | none pg18 | SELECT * FROM JSON_TABLE('[1]', '$[*]' COLUMNS (a int PATH '$'))
read | none pg18 | SELECT JSON_OBJECT('a': 1), JSON_ARRAY(1, 2), JSON_VALUE('{}', '$.a'), JSON_QUERY('{}', '$'), JSON_EXISTS('{}', '$.a')
read | r:public.customers(name) pg18 | SELECT JSON_ARRAYAGG(name), JSON_OBJECTAGG(name: name) FROM customers
read | r:public.customers(name) pg18 | SELECT JSON_ARRAY(SELECT name FROM customers)
read | none pg18 | SELECT '{}' IS JSON OBJECT
read | r:archive.invoices(amount) r:billing.invoices(amount) | SELECT amount FROM invoices
read | r:billing.invoices(amount) | SELECT amount FROM billing.invoices
read | r:billing.invoices(amount) | SELECT amount FROM postgres.billing.invoices
read | r:public.events(id) r:public.events_2025(id) r:public.events_2026(id) | SELECT id FROM events
read | r:public.events(id) | SELECT id FROM ONLY events
read | r:public.events_2025(id) | SELECT id FROM events_2025
read | r:public.notes(body) r:public.notes_private(body) | SELECT body FROM notes
read | r:public.notes(body) | SELECT body FROM ONLY (notes)
read | r:public.customer_names(name) r:public.customers(id,name) | SELECT name FROM customer_names
read | r:public.customer_names(id,name) r:public.customers(id,name,vip) r:public.vip_names(name) | SELECT name FROM vip_names
read | r:public.order_totals(total) | SELECT total FROM order_totals
read,routine | r:public.orders(id,total) r:public.taxed_orders(total) | SELECT total FROM taxed_orders
read,server_io | r:public.remote_rows(id) | SELECT id FROM remote_rows
read | r:public.Mixed~Case(Secret) | SELECT "Secret" FROM "Mixed Case"
read | r:pg_catalog.pg_class(relname) | SELECT relname FROM pg_class
read | r:pg_catalog.pg_class(relname) | SELECT relname FROM pg_catalog.pg_class
read | r:information_schema.columns(column_name) | SELECT column_name FROM information_schema.columns
read | r:pg_catalog.pg_settings(*) | SELECT * FROM pg_settings
read | r:pg_catalog.pg_settings(name,setting) r:public.my_settings(setting) | SELECT setting FROM my_settings
read | r:pg_catalog.pg_stat_activity(query) | SELECT query FROM pg_stat_activity
read,admin | r:pg_catalog.pg_authid(rolpassword) | SELECT rolpassword FROM pg_authid
read,admin | r:pg_catalog.pg_shadow(passwd) | SELECT passwd FROM pg_shadow
read,admin | r:pg_catalog.pg_largeobject(data) | SELECT data FROM pg_largeobject
read,admin | r:pg_catalog.pg_subscription(subconninfo) | SELECT subconninfo FROM pg_subscription
read,admin | r:pg_catalog.pg_hba_file_rules(*) | TABLE pg_hba_file_rules
read,admin | r:pg_catalog.pg_file_settings(*) | SELECT * FROM pg_file_settings
read,admin | r:pg_catalog.pg_user_mapping(umoptions) | SELECT umoptions FROM pg_user_mapping
read,admin | unresolved | SELECT * FROM pg_toast.pg_toast_1255
read | r:nowhere(*) unresolved | SELECT * FROM nowhere
read | r:nowhere.at_all(*) unresolved | SELECT * FROM nowhere.at_all
read | r:public.customers(*) unresolved | SELECT added_later FROM customers
read | r:public.customers(*) unresolved | SELECT c.added_later FROM customers c
read | r:public.customers(*) unresolved | SELECT name FROM customers WHERE added_later = 1
read | r:public.customers(*) r:public.orders(*) unresolved | SELECT (SELECT added_later FROM orders) FROM customers
read | r:public.customers(name) | SELECT name AS n FROM customers GROUP BY n ORDER BY n
read | r:public.customers() | SELECT count(*) FROM customers ORDER BY count
read | r:public.customers(name) r:public.orders(status) | SELECT name AS n FROM customers UNION SELECT status::text FROM orders ORDER BY n
read,lock | r:public.orders(id) | SELECT id FROM orders FOR UPDATE
read,lock | r:public.orders(id) | SELECT id FROM orders FOR NO KEY UPDATE NOWAIT
read,lock | r:public.orders(id) | SELECT id FROM orders o FOR SHARE OF o SKIP LOCKED
read,lock | r:public.orders(id) | SELECT * FROM (SELECT id FROM orders FOR KEY SHARE) x
read | none kind:explain | EXPLAIN SELECT 1
read | r:public.orders(*) | EXPLAIN (VERBOSE, COSTS OFF) SELECT * FROM orders
read | r:public.orders(*) | EXPLAIN DELETE FROM orders
read | r:public.orders(*) | EXPLAIN ANALYZE SELECT * FROM orders
read | r:public.orders(*) | EXPLAIN (ANALYZE false) DELETE FROM orders
read | r:public.orders(*) | EXPLAIN (ANALYZE off) INSERT INTO orders VALUES (1)
read | none | SELECT current_setting('search_path'), version(), pg_backend_pid(), txid_current()
read | none | SELECT has_table_privilege('customers', 'select'), 'customers'::regclass, to_regclass('customers'), pg_relation_size('customers')
read | none | SELECT currval('tickets'), lastval()
read | none | SELECT md5('a'), sha256('a'), encode('a', 'hex'), gen_random_uuid(), random(), convert_from('a', 'UTF8')
read | none | SELECT obj_description(1), col_description(1, 1), format_type(23, -1), pg_get_viewdef('customer_names'), pg_typeof(1)
read | none | SELECT to_tsvector('a') @@ to_tsquery('b'), ts_rank(to_tsvector('a'), to_tsquery('b'))
read | none | SELECT int4range(1, 2) <@ int4range(2, 3) OR true
read | none | SELECT 1 OPERATOR(pg_catalog.+) 2
read | none | SELECT 'a' COLLATE "C" < 'b'
read | none | SELECT $1::int + $2
read | r:public.customers(id,name) | SELECT name FROM customers WHERE id = $1
read | r:public.orders(status) | SELECT 'new'::order_status = status FROM orders
read | none | SELECT '5'::positive, ARRAY['5']::positive[]
read | none | SELECT U&'d\\0061t\\+000061', E'a\\'b', $$it's$$, $x$ $$ $x$, B'101', X'1FF', N'a'
read | none | SELECT 'a'¶'b'
read | none pg18 | SELECT 1e10, 1.5, .5, 0x1F, 1_000, 0b11, 0o17
`;
