/** What object mappers and dashboards write: `"name"` stands for a name as the dialect quotes it. */

export const TOOLS: Readonly<Record<string, readonly string[]>> = {
  'Django': [
    'SELECT "customer"."c_custkey", "customer"."c_name", "customer"."c_phone" FROM "customer" WHERE "customer"."c_mktsegment" = \'BUILDING\' ORDER BY "customer"."c_custkey" ASC LIMIT 21',
    'SELECT COUNT(*) AS "__count" FROM "customer"',
    'SELECT (1) AS "a" FROM "customer" WHERE "customer"."c_custkey" = 7 LIMIT 1',
    'SELECT "orders"."o_orderkey", "customer"."c_name" FROM "orders" INNER JOIN "customer" ON ("orders"."o_custkey" = "customer"."c_custkey") WHERE "customer"."c_name" LIKE \'Customer#1%\' ORDER BY "orders"."o_orderkey" LIMIT 10',
    'SELECT "customer"."c_custkey", COUNT("orders"."o_orderkey") AS "n" FROM "customer" LEFT OUTER JOIN "orders" ON ("customer"."c_custkey" = "orders"."o_custkey") GROUP BY "customer"."c_custkey" HAVING COUNT("orders"."o_orderkey") > 3 ORDER BY "n" DESC, "customer"."c_custkey" ASC',
    'SELECT "nation"."n_name", EXISTS(SELECT 1 AS "a" FROM "customer" U0 WHERE U0."c_nationkey" = ("nation"."n_nationkey") LIMIT 1) AS "has" FROM "nation" ORDER BY 1',
    'SELECT "customer"."c_custkey" FROM "customer" WHERE ("customer"."c_acctbal" > 100 AND NOT (EXISTS(SELECT 1 AS "a" FROM "orders" U1 WHERE (U1."o_totalprice" > 300000 AND U1."o_custkey" = ("customer"."c_custkey")) LIMIT 1))) ORDER BY "customer"."c_custkey"',
  ],
  'SQLAlchemy': [
    'SELECT customer_1.c_custkey AS customer_1_c_custkey, customer_1.c_name AS customer_1_c_name FROM customer AS customer_1 WHERE customer_1.c_custkey IN (1, 2, 3) ORDER BY customer_1.c_custkey',
    'SELECT anon_1.c_custkey AS anon_1_c_custkey, orders_1.o_orderkey AS orders_1_o_orderkey FROM (SELECT customer.c_custkey AS c_custkey, customer.c_name AS c_name FROM customer ORDER BY customer.c_custkey LIMIT 5) AS anon_1 LEFT OUTER JOIN orders AS orders_1 ON anon_1.c_custkey = orders_1.o_custkey ORDER BY 1, 2',
    'SELECT count(*) AS count_1 FROM (SELECT orders.o_orderkey AS orders_o_orderkey FROM orders WHERE orders.o_totalprice > 1000.0) AS anon_1',
    'SELECT supplier.s_name, (SELECT count(lineitem.l_orderkey) AS count_1 FROM lineitem WHERE lineitem.l_suppkey = supplier.s_suppkey) AS n FROM supplier ORDER BY supplier.s_suppkey',
  ],
  'Prisma': [
    'SELECT "t1"."c_custkey", "t1"."c_name" FROM "customer" AS "t1" WHERE ("t1"."c_custkey" > 10 AND 1=1) ORDER BY "t1"."c_custkey" ASC LIMIT 5 OFFSET 2',
    'SELECT "t1"."o_orderkey" FROM "orders" AS "t1" LEFT JOIN "customer" AS "j1" ON ("j1"."c_custkey") = ("t1"."o_custkey") WHERE ("j1"."c_mktsegment" = \'FURNITURE\' AND ("j1"."c_custkey" IS NOT NULL)) ORDER BY "t1"."o_orderkey" ASC LIMIT 20',
    'SELECT COUNT(*), "c_mktsegment" FROM "customer" WHERE 1=1 GROUP BY "c_mktsegment" ORDER BY "c_mktsegment" ASC',
  ],
  'TypeORM': [
    'SELECT "c"."c_custkey" AS "c_c_custkey", "c"."c_name" AS "c_c_name", "o"."o_orderkey" AS "o_o_orderkey" FROM "customer" "c" LEFT JOIN "orders" "o" ON "o"."o_custkey"="c"."c_custkey" AND "o"."o_totalprice" > 100 WHERE "c"."c_custkey" IN (4, 5) ORDER BY "c"."c_custkey" ASC, "o"."o_orderkey" ASC',
    'SELECT DISTINCT "distinctAlias"."c_c_custkey" AS "ids", "distinctAlias"."c_c_custkey" FROM (SELECT "c"."c_custkey" AS "c_c_custkey", "n"."n_name" AS "n_n_name" FROM "customer" "c" INNER JOIN "nation" "n" ON "n"."n_nationkey"="c"."c_nationkey") "distinctAlias" ORDER BY "distinctAlias"."c_c_custkey" ASC LIMIT 10',
  ],
  'Sequelize': [
    'SELECT "Customer"."c_custkey", "Customer"."c_name", "nation"."n_name" AS "nation.n_name" FROM "customer" AS "Customer" INNER JOIN "nation" AS "nation" ON "Customer"."c_nationkey" = "nation"."n_nationkey" AND "nation"."n_regionkey" = 1 ORDER BY "Customer"."c_custkey"',
    'SELECT count("Customer"."c_custkey") AS "count" FROM "customer" AS "Customer" LEFT OUTER JOIN "orders" AS "orders" ON "Customer"."c_custkey" = "orders"."o_custkey" WHERE "Customer"."c_acctbal" >= 10',
  ],
  'Hibernate': [
    'select c1_0.c_custkey,c1_0.c_name,n1_0.n_nationkey,n1_0.n_name from customer c1_0 join nation n1_0 on n1_0.n_nationkey=c1_0.c_nationkey where c1_0.c_custkey=3',
    'select o1_0.o_orderkey from orders o1_0 where o1_0.o_custkey in (select c1_0.c_custkey from customer c1_0 where c1_0.c_mktsegment=\'MACHINERY\') order by o1_0.o_orderkey',
    'select count(distinct l1_0.l_partkey) from lineitem l1_0 where l1_0.l_shipdate between \'1994-01-01\' and \'1994-12-31\'',
  ],
  'Active Record': [
    'SELECT "customer".* FROM "customer" INNER JOIN "orders" ON "orders"."o_custkey" = "customer"."c_custkey" WHERE 1=0',
    'SELECT 1 AS one FROM "customer" WHERE "customer"."c_name" = \'Customer#5\' LIMIT 1',
    'SELECT SUM("orders"."o_totalprice") AS sum_o_totalprice, "orders"."o_orderpriority" AS orders_o_orderpriority FROM "orders" GROUP BY "orders"."o_orderpriority" ORDER BY 2',
  ],
  'Metabase': [
    'SELECT "source"."c_mktsegment" AS "c_mktsegment", COUNT(*) AS "count" FROM (SELECT "customer"."c_custkey" AS "c_custkey", "customer"."c_mktsegment" AS "c_mktsegment", "customer"."c_acctbal" AS "c_acctbal" FROM "customer") "source" WHERE "source"."c_acctbal" > 500 GROUP BY "source"."c_mktsegment" ORDER BY "source"."c_mktsegment" ASC',
    'SELECT "Nation"."n_name" AS "Nation__n_name", SUM("orders"."o_totalprice") AS "sum" FROM "orders" LEFT JOIN "customer" AS "Customer" ON "orders"."o_custkey" = "Customer"."c_custkey" LEFT JOIN "nation" AS "Nation" ON "Customer"."c_nationkey" = "Nation"."n_nationkey" GROUP BY "Nation"."n_name" ORDER BY "Nation"."n_name" ASC',
  ],
  'Superset': [
    'SELECT "o_orderpriority" AS "o_orderpriority", sum("o_totalprice") AS "SUM(o_totalprice)" FROM (SELECT o.o_orderpriority, o.o_totalprice, c.c_mktsegment FROM orders o JOIN customer c ON c.c_custkey = o.o_custkey) AS "virtual_table" WHERE "c_mktsegment" IN (\'BUILDING\', \'FURNITURE\') GROUP BY "o_orderpriority" ORDER BY "SUM(o_totalprice)" DESC LIMIT 1000',
  ],
  'dashboards': [
    'WITH monthly AS (SELECT extract(year from o_orderdate) AS y, extract(month from o_orderdate) AS m, sum(o_totalprice) AS total FROM orders GROUP BY extract(year from o_orderdate), extract(month from o_orderdate)), ranked AS (SELECT y, m, total, row_number() OVER (PARTITION BY y ORDER BY total DESC) AS place FROM monthly) SELECT y, m, total FROM ranked WHERE place <= 2 ORDER BY y, m',
    'SELECT c_custkey, o_orderdate, o_totalprice, sum(o_totalprice) OVER (PARTITION BY c_custkey ORDER BY o_orderdate, o_orderkey) AS running FROM customer JOIN orders ON o_custkey = c_custkey WHERE c_custkey < 6 ORDER BY c_custkey, o_orderdate, o_orderkey',
    'SELECT c_mktsegment, avg(c_acctbal) FROM customer GROUP BY c_mktsegment UNION ALL SELECT \'all\', avg(c_acctbal) FROM customer ORDER BY 1',
    'SELECT p_partkey, p_name FROM part p WHERE p_retailprice > (SELECT avg(p_retailprice) FROM part q WHERE q.p_mfgr = p.p_mfgr) ORDER BY p_partkey',
    'SELECT n.n_name, count(DISTINCT c.c_custkey) AS customers, count(DISTINCT s.s_suppkey) AS suppliers FROM nation n LEFT JOIN customer c ON c.c_nationkey = n.n_nationkey LEFT JOIN supplier s ON s.s_nationkey = n.n_nationkey GROUP BY n.n_name ORDER BY n.n_name',
    'SELECT o.o_orderkey, l.line_count FROM orders o RIGHT JOIN (SELECT l_orderkey, count(*) AS line_count FROM lineitem GROUP BY l_orderkey) l ON l.l_orderkey = o.o_orderkey JOIN customer c ON c.c_custkey = o.o_custkey WHERE l.line_count > 4 ORDER BY o.o_orderkey',
    'SELECT CASE WHEN c_acctbal < 0 THEN \'debt\' WHEN c_acctbal < 5000 THEN \'some\' ELSE \'much\' END AS bucket, count(*) FROM customer GROUP BY CASE WHEN c_acctbal < 0 THEN \'debt\' WHEN c_acctbal < 5000 THEN \'some\' ELSE \'much\' END ORDER BY bucket',
    'SELECT s.s_name, coalesce(sum(l.l_quantity), 0) AS quantity FROM supplier s LEFT JOIN lineitem l ON l.l_suppkey = s.s_suppkey AND l.l_returnflag = \'R\' GROUP BY s.s_suppkey, s.s_name ORDER BY s.s_name',
    'SELECT r.r_name, n.n_name FROM region r CROSS JOIN nation n WHERE n.n_regionkey = r.r_regionkey ORDER BY r.r_name, n.n_name LIMIT 7',
    'SELECT a.c_custkey, b.c_custkey FROM customer a JOIN customer b ON a.c_nationkey = b.c_nationkey AND a.c_custkey < b.c_custkey ORDER BY a.c_custkey, b.c_custkey LIMIT 12',
    'WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 10) SELECT numbers.n, c.c_name FROM numbers LEFT JOIN customer c ON c.c_custkey = numbers.n ORDER BY numbers.n',
  ],
};
