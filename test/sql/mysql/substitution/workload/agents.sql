-- What drivers, mappers and dashboards send, over the tables of TPC-H; blank lines part statements.

SELECT `Customer`.`c_custkey`, `Customer`.`c_name`, `Orders`.`o_orderkey` AS `Orders.o_orderkey`, `Orders`.`o_totalprice` AS `Orders.o_totalprice` FROM `customer` AS `Customer` LEFT OUTER JOIN `orders` AS `Orders` ON `Customer`.`c_custkey` = `Orders`.`o_custkey` WHERE `Customer`.`c_mktsegment` = 'BUILDING' ORDER BY `Customer`.`c_custkey` ASC, `Orders`.`o_orderkey`;

SELECT count(DISTINCT(`Customer`.`c_custkey`)) AS `count` FROM `customer` AS `Customer` LEFT OUTER JOIN `orders` AS `Orders` ON `Customer`.`c_custkey` = `Orders`.`o_custkey` AND `Orders`.`o_totalprice` > 100;

SELECT `Customer`.*, `Orders`.`o_orderkey` AS `Orders.id` FROM (SELECT `Customer`.`c_custkey`, `Customer`.`c_name` FROM `customer` AS `Customer` WHERE (`Customer`.`c_name` LIKE '%1%' AND `Customer`.`c_acctbal` >= 0) ORDER BY `Customer`.`c_custkey` LIMIT 0, 10) AS `Customer` LEFT OUTER JOIN `orders` AS `Orders` ON `Customer`.`c_custkey` = `Orders`.`o_custkey` ORDER BY `Customer`.`c_custkey`, `Orders`.`o_orderkey`;

SELECT `c_custkey`, (SELECT COUNT(*) FROM orders WHERE orders.o_custkey = Customer.c_custkey) AS `orderCount` FROM `customer` AS `Customer` ORDER BY (SELECT COUNT(*) FROM orders WHERE orders.o_custkey = Customer.c_custkey) DESC, `Customer`.`c_custkey` ASC

SELECT `shop`.`customer`.`c_custkey`, `shop`.`customer`.`c_name` FROM `shop`.`customer` WHERE (`shop`.`customer`.`c_nationkey` = 2 AND `shop`.`customer`.`c_name` LIKE '%7%') ORDER BY `shop`.`customer`.`c_custkey` ASC LIMIT 20 OFFSET 0

SELECT `shop`.`orders`.`o_orderkey`, `shop`.`orders`.`o_custkey`, `shop`.`orders`.`o_totalprice` FROM `shop`.`orders` WHERE `shop`.`orders`.`o_custkey` IN (1,2,3,4,5,6,7,8,9,10,11,12) ORDER BY `shop`.`orders`.`o_orderkey`

SELECT `shop`.`customer`.`c_custkey` FROM `shop`.`customer` WHERE (`shop`.`customer`.`c_custkey`) IN (SELECT `t1`.`o_custkey` FROM `shop`.`orders` AS `t1` WHERE (`t1`.`o_orderstatus` = 'F' AND `t1`.`o_custkey` IS NOT NULL)) ORDER BY `shop`.`customer`.`c_custkey`

SELECT COUNT(*) FROM (SELECT `shop`.`customer`.`c_custkey` FROM `shop`.`customer` WHERE 1=1 ORDER BY `shop`.`customer`.`c_custkey` ASC LIMIT 18446744073709551615 OFFSET 3) AS `sub`

SELECT COUNT(*) AS `_count._all`, AVG(`shop`.`customer`.`c_acctbal`) AS `_avg.c_acctbal`, `shop`.`customer`.`c_mktsegment` FROM `shop`.`customer` WHERE 1=1 GROUP BY `shop`.`customer`.`c_mktsegment` HAVING COUNT(*) > 1 ORDER BY COUNT(*) DESC, `shop`.`customer`.`c_mktsegment`

SELECT `t1`.`c_custkey`, (SELECT COALESCE(JSON_ARRAYAGG(`__prisma_data__`), JSON_ARRAY()) AS `__prisma_data__` FROM (SELECT `t4`.`__prisma_data__` FROM (SELECT JSON_OBJECT('o_orderkey', `t3`.`o_orderkey`) AS `__prisma_data__` FROM (SELECT `t2`.* FROM `shop`.`orders` AS `t2` WHERE `t2`.`o_custkey` = 3) AS `t3`) AS `t4`) AS `t5`) AS `orders` FROM `shop`.`customer` AS `t1` WHERE `t1`.`c_custkey` = 3

SELECT `customer`.`c_custkey` AS `customer_c_custkey`, `customer`.`c_name` AS `customer_c_name` FROM `customer` `customer` WHERE (((`customer`.`c_custkey` = 1))) LIMIT 1

SELECT DISTINCT `distinctAlias`.`customer_c_custkey` AS `ids_customer_c_custkey` FROM (SELECT `customer`.`c_custkey` AS `customer_c_custkey`, `o`.`o_orderkey` AS `o_o_orderkey` FROM `customer` `customer` LEFT JOIN `orders` `o` ON `o`.`o_custkey`=`customer`.`c_custkey`) `distinctAlias` ORDER BY `customer_c_custkey` ASC LIMIT 5

SELECT COUNT(DISTINCT(`customer`.`c_custkey`)) AS `cnt` FROM `customer` `customer` INNER JOIN `nation` `n` ON `n`.`n_nationkey`=`customer`.`c_nationkey` AND (`n`.`n_name` IN ('FRANCE','GERMANY'))

SELECT `o`.`o_orderkey` AS `o_id`, `c`.`c_name` AS `c_name`, `n`.`n_name` AS `n_name` FROM `orders` `o` INNER JOIN `customer` `c` ON `c`.`c_custkey`=`o`.`o_custkey` LEFT JOIN `nation` `n` ON `n`.`n_nationkey`=`c`.`c_nationkey` WHERE ( `o`.`o_totalprice` BETWEEN 100 AND 900 ) AND ( `c`.`c_name` LIKE '%Customer%' OR `n`.`n_name` = 'INDIA' ) ORDER BY `o`.`o_orderdate` DESC, `o`.`o_orderkey` LIMIT 10 OFFSET 2

SELECT `customer`.`c_custkey`, `customer`.`c_name`, `nation`.`n_nationkey`, `nation`.`n_name` FROM `customer` INNER JOIN `nation` ON (`customer`.`c_nationkey` = `nation`.`n_nationkey`) WHERE (`customer`.`c_mktsegment` = 'BUILDING' AND NOT (`nation`.`n_name` IN ('INDIA'))) ORDER BY `customer`.`c_custkey` ASC LIMIT 21

SELECT `customer`.`c_mktsegment`, COUNT(`orders`.`o_orderkey`) AS `num_orders`, SUM(`orders`.`o_totalprice`) AS `total` FROM `customer` LEFT OUTER JOIN `orders` ON (`customer`.`c_custkey` = `orders`.`o_custkey`) GROUP BY `customer`.`c_mktsegment` HAVING COUNT(`orders`.`o_orderkey`) >= 1 ORDER BY `num_orders` DESC, 1

SELECT (1) AS `a` FROM `customer` WHERE `customer`.`c_custkey` = 4 LIMIT 1

SELECT COUNT(*) FROM (SELECT DISTINCT `customer`.`c_nationkey` AS `col1` FROM `customer` WHERE `customer`.`c_acctbal` > 10) subquery

SELECT `orders`.`o_orderkey` FROM `orders` WHERE EXISTS(SELECT 1 AS `a` FROM `customer` U0 WHERE (U0.`c_custkey` = (`orders`.`o_custkey`) AND U0.`c_acctbal` > 50) LIMIT 1) ORDER BY `orders`.`o_orderkey` ASC

SELECT `customer`.`c_custkey`, (SELECT U0.`o_orderdate` FROM `orders` U0 WHERE U0.`o_custkey` = (`customer`.`c_custkey`) ORDER BY U0.`o_orderdate` DESC, U0.`o_orderkey` LIMIT 1) AS `last_order` FROM `customer` ORDER BY `customer`.`c_custkey`

SELECT `customer`.`c_name`, CASE WHEN `customer`.`c_acctbal` > 500 THEN 'rich' WHEN `customer`.`c_acctbal` IS NULL THEN NULL ELSE 'poor' END AS `kind` FROM `customer` WHERE `customer`.`c_name` COLLATE utf8mb4_bin LIKE BINARY '%0%' ORDER BY 1

SELECT CAST(DATE_FORMAT(CONVERT_TZ(`orders`.`o_orderdate`, 'UTC', 'UTC'), '%Y-%m-01 00:00:00') AS DATETIME) AS `month`, COUNT(`orders`.`o_orderkey`) AS `n` FROM `orders` GROUP BY CAST(DATE_FORMAT(CONVERT_TZ(`orders`.`o_orderdate`, 'UTC', 'UTC'), '%Y-%m-01 00:00:00') AS DATETIME) ORDER BY `month` ASC

SELECT `orders`.`o_orderkey`, ROW_NUMBER() OVER (PARTITION BY `orders`.`o_custkey` ORDER BY `orders`.`o_orderdate` DESC, `orders`.`o_orderkey`) AS `rank` FROM `orders` ORDER BY `orders`.`o_orderkey`

-- Metabase:: userID: 1 queryType: MBQL queryHash: 1f
SELECT STR_TO_DATE(CONCAT(DATE_FORMAT(`orders`.`o_orderdate`, '%Y-%m'), '-01'), '%Y-%m-%d') AS `o_orderdate`, SUM(`orders`.`o_totalprice`) AS `sum` FROM `orders` LEFT JOIN `customer` AS `Customer` ON `orders`.`o_custkey` = `Customer`.`c_custkey` WHERE `Customer`.`c_mktsegment` = 'BUILDING' GROUP BY STR_TO_DATE(CONCAT(DATE_FORMAT(`orders`.`o_orderdate`, '%Y-%m'), '-01'), '%Y-%m-%d') ORDER BY STR_TO_DATE(CONCAT(DATE_FORMAT(`orders`.`o_orderdate`, '%Y-%m'), '-01'), '%Y-%m-%d') ASC

SELECT `source`.`o_orderstatus` AS `o_orderstatus`, COUNT(*) AS `count` FROM (SELECT `orders`.`o_orderkey` AS `o_orderkey`, `orders`.`o_orderstatus` AS `o_orderstatus`, `Customer`.`c_name` AS `Customer__c_name` FROM `orders` LEFT JOIN `customer` AS `Customer` ON `orders`.`o_custkey` = `Customer`.`c_custkey`) AS `source` WHERE (`source`.`Customer__c_name` IS NOT NULL) AND ((`source`.`Customer__c_name` <> '') OR (`source`.`Customer__c_name` IS NULL)) GROUP BY `source`.`o_orderstatus` ORDER BY `source`.`o_orderstatus` ASC LIMIT 1048575

SELECT FLOOR((`customer`.`c_acctbal` - 0.0) / 100.0) * 100.0 + 0.0 AS `c_acctbal`, COUNT(*) AS `count` FROM `customer` GROUP BY FLOOR((`customer`.`c_acctbal` - 0.0) / 100.0) * 100.0 + 0.0 ORDER BY FLOOR((`customer`.`c_acctbal` - 0.0) / 100.0) * 100.0 + 0.0 ASC

SELECT SUM(CASE WHEN `orders`.`o_orderstatus` = 'F' THEN 1 ELSE 0.0 END) / CASE WHEN COUNT(*) = 0 THEN NULL ELSE COUNT(*) END AS `share` FROM `orders`

SELECT DATE_ADD(`orders`.`o_orderdate`, INTERVAL(1 - DAYOFWEEK(`orders`.`o_orderdate`)) DAY) AS `week`, COUNT(DISTINCT `orders`.`o_custkey`) AS `n` FROM `orders` WHERE `orders`.`o_orderdate` >= DATE(DATE_ADD('1996-01-01', INTERVAL -3 YEAR)) GROUP BY `week` ORDER BY `week`

SELECT n_name AS n_name, sum(l_quantity) AS `SUM(l_quantity)`, AVG(l_discount) AS `AVG(l_discount)` FROM shop.lineitem JOIN shop.supplier ON l_suppkey = s_suppkey JOIN shop.nation ON n_nationkey = s_nationkey WHERE l_shipdate >= STR_TO_DATE('1993-01-01 00:00:00.000000', '%Y-%m-%d %H:%i:%s.%f') AND l_shipdate < STR_TO_DATE('1999-01-01 00:00:00.000000', '%Y-%m-%d %H:%i:%s.%f') GROUP BY n_name ORDER BY `SUM(l_quantity)` DESC, n_name LIMIT 10000

SELECT DATE(`o_orderdate`) AS __timestamp, `o_orderstatus` AS `o_orderstatus`, count(*) AS count FROM (SELECT * FROM (SELECT o_orderkey, o_orderdate, o_orderstatus FROM orders) AS inner_qry) AS virtual_table JOIN (SELECT `o_orderstatus` AS `o_orderstatus__`, count(*) AS mme_inner__ FROM orders GROUP BY `o_orderstatus` ORDER BY mme_inner__ DESC LIMIT 25) AS series_limit ON `o_orderstatus` = `o_orderstatus__` GROUP BY `o_orderstatus`, DATE(`o_orderdate`) ORDER BY count DESC, 1, 2 LIMIT 50000

SELECT `rows`.`r`, `rows`.`n` FROM (SELECT r_name AS r, count(*) AS n FROM region r INNER JOIN nation n ON n.n_regionkey = r.r_regionkey INNER JOIN customer c ON c.c_nationkey = n.n_nationkey GROUP BY r_name) AS `rows` ORDER BY 1

SELECT customer.c_custkey, customer.c_name FROM customer, (SELECT o_custkey, max(o_totalprice) AS top FROM orders GROUP BY o_custkey) AS anon_1 WHERE customer.c_custkey = anon_1.o_custkey AND anon_1.top > 200 ORDER BY customer.c_custkey

SELECT anon_1.c_custkey, orders_1.o_orderkey FROM (SELECT customer.c_custkey AS c_custkey FROM customer ORDER BY customer.c_custkey LIMIT 5 OFFSET 1) AS anon_1 LEFT OUTER JOIN orders AS orders_1 ON anon_1.c_custkey = orders_1.o_custkey ORDER BY anon_1.c_custkey, orders_1.o_orderkey

SELECT EXISTS (SELECT * FROM customer WHERE customer.c_name = 'Customer#000000003') AS anon_1

SELECT CASE WHEN (EXISTS (SELECT 1 FROM orders, customer WHERE customer.c_custkey = orders.o_custkey AND orders.o_orderpriority = '1-URGENT')) THEN 1 ELSE 0 END AS urgent

WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 5) SELECT numbers.n, c.c_name FROM numbers LEFT JOIN customer c ON c.c_custkey = numbers.n ORDER BY numbers.n

WITH totals AS (SELECT o_custkey, SUM(o_totalprice) AS total FROM orders GROUP BY o_custkey), ranked AS (SELECT t.*, RANK() OVER (ORDER BY total DESC) AS place FROM totals t) SELECT c.c_name, r.total, r.place FROM ranked r JOIN customer c ON c.c_custkey = r.o_custkey WHERE r.place <= 3 ORDER BY r.place, c.c_name

SELECT c_custkey AS id, 'customer' AS kind FROM customer WHERE c_custkey < 4 UNION ALL SELECT o_orderkey, 'order' FROM orders WHERE o_orderkey < 4 UNION SELECT s_suppkey, 'supplier' FROM supplier ORDER BY 2, 1

(SELECT c_name AS name FROM customer ORDER BY c_custkey LIMIT 3) UNION (SELECT s_name FROM supplier ORDER BY s_suppkey LIMIT 3) ORDER BY name

select c1_0.c_custkey,c1_0.c_name,n1_0.n_nationkey,n1_0.n_name from customer c1_0 left join nation n1_0 on n1_0.n_nationkey=c1_0.c_nationkey where c1_0.c_name like '%00%' escape '' order by c1_0.c_custkey limit 0,10

select o1_0.o_custkey,o1_0.o_orderkey,o1_0.o_totalprice from orders o1_0 where o1_0.o_custkey=5 order by o1_0.o_orderkey

select count(o1_0.o_orderkey),c1_0.c_mktsegment from orders o1_0 join customer c1_0 on c1_0.c_custkey=o1_0.o_custkey group by c1_0.c_mktsegment having avg(o1_0.o_totalprice)>(select avg(o2_0.o_totalprice) from orders o2_0)/2 order by 2

SELECT `customer`.`c_custkey`, `customer`.`c_name` FROM `customer` WHERE `customer`.`c_custkey` = 3 ORDER BY `customer`.`c_custkey` LIMIT 1

SELECT `c_custkey`,`c_name` FROM `customer` WHERE (c_name <> 'x' AND c_acctbal >= 1) OR c_nationkey IN (1,2) ORDER BY c_custkey desc LIMIT 4

select `c_custkey`, `c_name` from `customer` where exists (select * from `orders` where `customer`.`c_custkey` = `orders`.`o_custkey` and `o_orderstatus` = 'O') order by `c_custkey` asc limit 15 offset 0

select count(*) as aggregate from `customer` where `c_acctbal` is not null and (`c_name` like '%1%' or `c_address` like '%2%')

select `customer`.`c_custkey`, (select sum(`orders`.`o_totalprice`) from `orders` where `customer`.`c_custkey` = `orders`.`o_custkey`) as `orders_sum_o_totalprice` from `customer` order by `c_custkey`

SELECT customer.* FROM (SELECT c_custkey, c_name FROM customer) AS customer WHERE customer.c_custkey > 2 ORDER BY customer.c_custkey

SELECT DISTINCT c.c_mktsegment FROM customer c USE INDEX (PRIMARY) WHERE c.c_custkey BETWEEN 1 AND 9 ORDER BY c.c_mktsegment

SELECT c.c_custkey, GROUP_CONCAT(DISTINCT o.o_orderkey ORDER BY o.o_orderkey SEPARATOR ', ') AS list FROM customer c JOIN orders o ON o.o_custkey = c.c_custkey GROUP BY c.c_custkey ORDER BY c.c_custkey

SELECT c_mktsegment, SUM(c_acctbal) AS s FROM customer GROUP BY c_mktsegment WITH ROLLUP

SELECT o.o_orderkey, LAG(o.o_totalprice, 1) OVER w AS previous, SUM(o.o_totalprice) OVER (w ROWS UNBOUNDED PRECEDING) AS running FROM orders o WINDOW w AS (PARTITION BY o.o_custkey ORDER BY o.o_orderkey) ORDER BY o.o_orderkey

SELECT o.o_orderkey, l.l_linenumber FROM orders AS o STRAIGHT_JOIN lineitem AS l ON l.l_orderkey = o.o_orderkey WHERE o.o_orderkey <=> 3 ORDER BY l.l_linenumber

SELECT * FROM (SELECT c_custkey AS id FROM customer) a NATURAL JOIN (SELECT o_custkey AS id FROM orders) b ORDER BY id

SELECT s.s_name, p.p_name FROM supplier s JOIN (partsupp ps JOIN part p ON p.p_partkey = ps.ps_partkey) ON ps.ps_suppkey = s.s_suppkey WHERE s.s_suppkey = 1 ORDER BY p.p_partkey

SELECT c_custkey, IF(c_acctbal > 100, 'a', 'b') AS k, IFNULL(c_address, '-'), NULLIF(c_name, ''), COALESCE((SELECT MAX(o_totalprice) FROM orders WHERE o_custkey = c_custkey), 0) FROM customer ORDER BY c_custkey

SELECT TIMESTAMPDIFF(MONTH, o_orderdate, '1999-01-01') AS age, DATE_SUB(o_orderdate, INTERVAL 1 MONTH) FROM orders ORDER BY o_orderkey

SELECT (c_custkey, c_nationkey) IN (SELECT o_custkey, 1 FROM orders) AS has FROM customer ORDER BY c_custkey

SELECT o_orderkey FROM orders WHERE o_totalprice > ALL (SELECT c_acctbal / 10 FROM customer WHERE c_custkey < 4) ORDER BY o_orderkey

SELECT SQL_CALC_FOUND_ROWS c_custkey FROM customer ORDER BY c_custkey LIMIT 2

SELECT /* dashboard=7 */ c_custkey # the key
FROM customer -- all of them
ORDER BY c_custkey LIMIT 3

SELECT c_name FROM customer WHERE c_custkey = 2 FOR UPDATE

SELECT c.c_custkey, n.n_name FROM customer c RIGHT JOIN nation n ON n.n_nationkey = c.c_nationkey JOIN region r ON r.r_regionkey = n.n_regionkey ORDER BY n.n_nationkey, c.c_custkey

SELECT j.v, c.c_name FROM customer c JOIN JSON_TABLE('[1, 3]', '$[*]' COLUMNS (v INT PATH '$')) AS j ON j.v = c.c_custkey ORDER BY j.v
