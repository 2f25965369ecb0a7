/** The databases that the corpus speaks of: a shop, and one of each thing that can hide something. Statements are apart, since bodies hold semicolons. */
export const SCHEMA: readonly string[] = [
  'CREATE DATABASE shop CHARACTER SET utf8mb4', 'CREATE DATABASE archive CHARACTER SET utf8mb4', 'USE shop',
  'CREATE TABLE customers (id int PRIMARY KEY, email varchar(80), name varchar(80), phone varchar(20))',
  'CREATE TABLE orders (id int PRIMARY KEY, customer_id int, total decimal(10,2), status varchar(10), placed_at datetime, KEY by_customer (customer_id))',
  'CREATE TABLE order_items (order_id int, product_id int, quantity int, price decimal(10,2))',
  'CREATE TABLE products (id int PRIMARY KEY, sku varchar(20) UNIQUE, title varchar(80), price decimal(10,2), details json)',
  'CREATE TABLE secret (id int, value varchar(80))',
  'CREATE TABLE parted (id int) PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN (100))',
  'CREATE TABLE `Mixed Case` (id int, `Odd ``Name` int)', 'CREATE TABLE `1a` (id int)', 'CREATE TABLE archive.orders (id int, total decimal(10,2))',
  'CREATE FUNCTION add_tax(x decimal(10,2)) RETURNS decimal(10,2) DETERMINISTIC RETURN x * 1.2',
  'CREATE FUNCTION `sum`(x int) RETURNS int DETERMINISTIC RETURN x',
  'CREATE PROCEDURE tidy() BEGIN DELETE FROM order_items; END',
  'CREATE VIEW customer_names AS SELECT id, name FROM customers',
  'CREATE VIEW named_orders AS SELECT o.id, n.name FROM orders o JOIN customer_names n ON n.id = o.customer_id',
  'CREATE VIEW taxed_orders AS SELECT id, add_tax(total) AS total FROM orders',
];
export const MARIADB_ONLY: readonly string[] = ['CREATE SEQUENCE tickets', 'CREATE TABLE versioned (id int) WITH SYSTEM VERSIONING'];
