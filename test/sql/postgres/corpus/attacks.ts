/** Ways to make a statement look like less than it is. */
export const ATTACKS = `
# Writes and calls in odd places
delete,read | rw:public.customers(*) unbounded | EXPLAIN ANALYZE WITH d AS (DELETE FROM customers RETURNING id) SELECT (SELECT count(*) FROM d)
delete | w:public.customers(*) unbounded | EXPLAIN (ANALYZE) DELETE FROM customers
delete | w:public.customers(*) unbounded | EXPLAIN (ANALYZE 1) DELETE FROM customers
delete | w:public.customers(*) unbounded | EXPLAIN (ANALYZE false, ANALYZE on) DELETE FROM customers
delete | w:public.customers(*) unbounded | EXPLAIN (VERBOSE, ANALYZE 'tr') DELETE FROM customers
delete,create,insert,read | rw:public.customers(*) w:t(*) unbounded | CREATE TABLE t AS WITH d AS (DELETE FROM customers RETURNING *) SELECT * FROM d
create,insert,read | r:public.customers(*) w:t(*) | EXPLAIN ANALYZE CREATE TABLE t AS SELECT * FROM customers
read | r:public.customers(*) | EXPLAIN CREATE TABLE t AS SELECT * FROM customers
delete,read,session | rw:public.customers(*) unbounded name:prepare=p | PREPARE p AS WITH d AS (DELETE FROM customers RETURNING *) SELECT * FROM d
read | r:public.customers(*) name:declare=c | EXPLAIN ANALYZE DECLARE c CURSOR FOR SELECT * FROM customers
read,routine | r:public.orders(total) | SELECT total FROM orders ORDER BY add_tax(total)
read,routine | r:public.orders(total) | SELECT total FROM orders LIMIT add_tax(1)::int
read,routine | r:public.orders(total) | SELECT total FROM orders OFFSET add_tax(1)::int
read,routine | r:public.orders(total) | SELECT count(*) FROM orders GROUP BY add_tax(total)
read,routine | r:public.orders(total) | SELECT count(*) FROM orders HAVING add_tax(sum(total)) > 1
read,routine | r:public.orders(total) | SELECT sum(total) FILTER (WHERE add_tax(total) > 1) FROM orders
read,routine | r:public.orders(total) | SELECT sum(total) OVER (ORDER BY add_tax(total)) FROM orders
read,routine | r:public.orders(total) | SELECT sum(total) OVER w FROM orders WINDOW w AS (PARTITION BY add_tax(1))
read,routine | r:public.orders(total) | SELECT string_agg('a', ',' ORDER BY add_tax(total)) FROM orders
read,routine | r:public.orders(id) | SELECT id FROM orders TABLESAMPLE system (add_tax(1)::real)
read,routine | r:public.orders(id) unresolved | SELECT id FROM orders TABLESAMPLE system_rows (1)
read,routine | none | VALUES (add_tax(1))
read,routine | none | SELECT query FROM pg_stat_get_activity(NULL)
read,routine | none | SELECT pg_catalog.pg_stat_get_backend_activity(1)
read,routine | none | SELECT statement FROM pg_prepared_statement()
read,routine | none | SELECT statement FROM pg_cursor()
read,routine | none | SELECT ARRAY[add_tax(1)], ROW(add_tax(1))
read,routine | none | SELECT CASE WHEN false THEN drop_everything() END
read,routine | none | SELECT coalesce(1, add_tax(1))
read,routine | none | SELECT (ARRAY[1])[add_tax(1)::int]
read,routine | none | SELECT 1 WHERE 1 IN (1, add_tax(1))
read,routine | none | SELECT 1 IS DISTINCT FROM add_tax(1)
read,routine | none | SELECT add_tax(1) IS NULL, (add_tax(1) > 1) IS TRUE
read,routine | none | SELECT * FROM generate_series(1, add_tax(1)::int)
read,routine | none | SELECT * FROM XMLTABLE('/a' PASSING xmlparse(content add_tax(1)::text) COLUMNS x int)
read,routine | none | SELECT * FROM XMLTABLE('/a' PASSING '<a/>' COLUMNS x int PATH '@x' DEFAULT add_tax(1))
read,routine | none pg18 | SELECT * FROM JSON_TABLE('[]', '$[*]' PASSING add_tax(1) AS x COLUMNS (a int PATH '$'))
read,routine | none pg18 | SELECT * FROM JSON_TABLE('[]', '$[*]' COLUMNS (a int PATH '$' DEFAULT add_tax(1)::int ON EMPTY))
read,routine | none pg18 | SELECT JSON_OBJECT('a': add_tax(1))
read,routine | none | SELECT xmlelement(name a, add_tax(1))
read | none | WITH RECURSIVE t(a) AS (SELECT 1 UNION ALL SELECT a FROM t) CYCLE a SET c TO 'y' DEFAULT 'n' USING p SELECT 1
insert,routine | w:public.products(price) | INSERT INTO products (price) VALUES (add_tax(1))
insert,routine,update | | INSERT INTO products (sku) VALUES ('a') ON CONFLICT (sku) WHERE add_tax(1) > 1 DO UPDATE SET price = 1
insert,routine,update | | INSERT INTO products (sku) VALUES ('a') ON CONFLICT (sku) DO UPDATE SET price = add_tax(1)
insert,routine,update | | INSERT INTO products (sku) VALUES ('a') ON CONFLICT (sku) DO UPDATE SET price = 1 WHERE add_tax(1) > 1
insert,routine | | INSERT INTO products (sku) VALUES ('a') ON CONFLICT ((add_tax(price))) DO NOTHING
insert,read,routine | | INSERT INTO products (sku) VALUES ('a') RETURNING add_tax(price)
update,routine | | UPDATE products SET price = add_tax(price) WHERE id = 1
update,routine | | UPDATE products SET tags[add_tax(1)::int] = 'x' WHERE id = 1
delete,routine | | DELETE FROM products WHERE add_tax(price) > 1
delete,routine | w:public.products(*) unbounded | DELETE FROM products WHERE add_tax(1) > 1
update,read,routine | | MERGE INTO products p USING orders o ON add_tax(p.price) = o.total WHEN MATCHED THEN UPDATE SET price = 1
update,read,routine | | MERGE INTO products p USING orders o ON p.price = o.total WHEN MATCHED AND add_tax(1) > 1 THEN UPDATE SET price = 1
read,routine | | SELECT * FROM orders o JOIN products p ON add_tax(p.price) = o.total
export,read,routine | | COPY (SELECT add_tax(total) FROM orders) TO STDOUT
routine,lock,read | | SELECT add_tax(total) FROM orders FOR UPDATE
read,routine | none | EXPLAIN SELECT add_tax(1)
read,server_io | none | EXPLAIN SELECT pg_read_file('x')
# Names that aren't what they seem
read,routine | none | SELECT reverse('abc')
read,routine | none | SELECT public.reverse(1)
read | none | SELECT pg_catalog.reverse('abc')
read,routine | none | SELECT 1 === 2
read,routine | none | SELECT 1 OPERATOR(public.===) 2
read,routine | none | SELECT ARRAY[1] && ARRAY[2]
read | none | SELECT ARRAY[1] OPERATOR(pg_catalog.&&) ARRAY[2]
read | none | SELECT 1 ~== 2
read,routine | none | SELECT 1 === ANY (ARRAY[1])
read,routine | | SELECT 1 FROM orders WHERE id === ANY (SELECT 1)
read,routine | none | SELECT 'x'::checked_email
read,routine | none | SELECT checked_email 'x'
read,routine | none | SELECT CAST(NULL AS public.checked_email)
read,routine | none | SELECT '{}'::checked_email[]
read,routine | none | SELECT '{}'::_checked_email
read,routine | none | SELECT 1::tag
read,routine | none | SELECT * FROM json_to_record('{}') AS t(a checked_email)
read,routine | none | SELECT json_populate_record(NULL::address, '{}'), '(,)'::address, 'a'::checked_email
read,routine | r:public.customers(*) | SELECT c.full_label FROM customers c
read,routine | r:public.customers(*) | SELECT (c).full_label FROM customers c
read,routine | r:public.customers(*) | SELECT full_label(c) FROM customers c
read,routine | r:public.customers(*) | SELECT customers.full_label FROM customers
read,routine | r:public.customers(*) | SELECT x.full_label FROM (SELECT * FROM customers) x
read,routine | r:public.customers(*) unresolved | SELECT email(c) FROM customers c
read | r:public.customers(email) | SELECT "email" FROM "customers"
read | r:public.customers(email) | SELECT U&"em\\0061il" FROM U&"\\0063ustomers"
read | r:public.customers(email) | SELECT U&"em!0061il" UESCAPE '!' FROM customers
read | r:public.customers(email) | sElEcT EMAIL fRoM CuStOmErS
read,routine | none | SELECT "add_tax"(1)
read,routine | none | SELECT U&"add\\005Ftax"(1)
read,routine | none | SELECT/**/add_tax/**/(1)
read,server_io | none | SELECT "pg_read_file"('x')
read | r:public.customers(email) | SELECT email FROM /* orders */ customers -- , orders
read | r:public.customers(*) | WITH c AS (SELECT 1) SELECT * FROM public.customers, c
read | r:public.customers(email) | WITH x AS (WITH customers AS (SELECT 1) SELECT * FROM customers), y AS (SELECT email FROM customers) SELECT * FROM x, y
read,delete | w:public.customers(*) unbounded | WITH customers AS (SELECT 1), d AS (DELETE FROM customers) SELECT * FROM customers
insert,read | w:public.orders(id) | WITH orders AS (SELECT 1 AS id) INSERT INTO orders (id) SELECT id FROM orders
read | r:public.customers(email) | SELECT (SELECT email FROM customers) FROM (WITH customers AS (SELECT 1) SELECT * FROM customers) x
read | r:public.customers(email) | SELECT * FROM (SELECT 1 UNION (WITH customers AS (SELECT 1) SELECT * FROM customers)) x, (SELECT email FROM customers) y
# Comments, quotes and separators
read | none | SELECT 1 /* ; DELETE FROM customers */
read | none | SELECT '; DELETE FROM customers; --'
read,delete | w:public.customers(*) unbounded | SELECT 1; DELETE FROM customers
read,delete | w:public.customers(*) unbounded | SELECT 1 -- ¶; DELETE FROM customers
read,delete | w:public.customers(*) unbounded | SELECT '\\'; DELETE FROM customers; --'
read,delete | w:public.customers(*) unbounded | SELECT 'a' /* /* */ ' */; DELETE FROM customers; -- '
read,delete | w:public.customers(*) unbounded | SELECT $a$ $b$ $a$; DELETE FROM customers; --$b$
read | none | SELECT E'\\'; DELETE FROM customers; --'
read | none | SELECT $$; DELETE FROM customers; $$
read,drop | w:public.orders(*) | ;;SELECT 1;;DROP TABLE orders;;
 | none | ;
 | none | ;;;
 | none | -- nothing
 | none | /* nothing */
read | none | SELECT 1;
transaction,delete | w:public.customers(*) unbounded | BEGIN; DELETE FROM customers; COMMIT
unknown | rejected | SELEC 1
unknown | rejected | SELECT 'a
unknown | rejected | SELECT /* open
unknown | rejected | SELECT $a$ open
unknown | rejected | DELETE FROM
unknown | rejected | SELECT 1; SELEC 2
unknown | rejected | GRAPH_TABLE (g MATCH (a))
unknown | rejected | SELECT 1 #
unknown | rejected | \\copy customers to stdout
`;
