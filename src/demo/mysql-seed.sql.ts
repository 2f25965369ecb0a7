/**
 * The demo's shop for MariaDB and MySQL: the same tables as seed.sql.ts and as many rows, made by the server itself. The same
 * rows each time (RAND with a seed gives a repeatable sequence), all of them invented.
 */
export const MYSQL_SHOP_SEED = `
CREATE TABLE digits (d INT PRIMARY KEY);
INSERT INTO digits VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9);
CREATE TABLE numbers (n INT PRIMARY KEY);
INSERT INTO numbers
SELECT a.d * 10000 + b.d * 1000 + c.d * 100 + d.d * 10 + e.d + 1 FROM digits a, digits b, digits c, digits d, digits e WHERE a.d < 4;

CREATE TABLE customers (
  id         INT PRIMARY KEY AUTO_INCREMENT,
  name       VARCHAR(80) NOT NULL,
  email      VARCHAR(120) NOT NULL UNIQUE,
  phone      VARCHAR(30) NOT NULL,
  city       VARCHAR(40) NOT NULL,
  country    CHAR(2) NOT NULL,
  card_last4 CHAR(4),
  newsletter BOOLEAN NOT NULL,
  created_at DATETIME NOT NULL,
  KEY country (country, city)
);

CREATE TABLE products (
  id       INT PRIMARY KEY AUTO_INCREMENT,
  sku      VARCHAR(20) NOT NULL UNIQUE,
  name     VARCHAR(80) NOT NULL,
  category VARCHAR(20) NOT NULL,
  price    DECIMAL(10, 2) NOT NULL CHECK (price > 0),
  stock    INT NOT NULL CHECK (stock >= 0)
);

CREATE TABLE orders (
  id          INT PRIMARY KEY AUTO_INCREMENT,
  customer_id INT NOT NULL,
  status      ENUM('open', 'paid', 'shipped', 'delivered', 'returned', 'cancelled') NOT NULL,
  total       DECIMAL(12, 2) NOT NULL DEFAULT 0,
  placed_at   DATETIME NOT NULL,
  KEY placed (placed_at),
  FOREIGN KEY (customer_id) REFERENCES customers (id)
);

CREATE TABLE order_items (
  order_id   INT NOT NULL,
  line       INT NOT NULL,
  product_id INT NOT NULL,
  quantity   INT NOT NULL CHECK (quantity > 0),
  price      DECIMAL(10, 2) NOT NULL,
  PRIMARY KEY (order_id, line),
  FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE,
  FOREIGN KEY (product_id) REFERENCES products (id)
);

CREATE TABLE payments (
  id       INT PRIMARY KEY AUTO_INCREMENT,
  order_id INT NOT NULL,
  method   ENUM('card', 'invoice', 'paypal') NOT NULL,
  amount   DECIMAL(12, 2) NOT NULL,
  paid_at  DATETIME NOT NULL,
  FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE
);

CREATE TABLE employees (
  id         INT PRIMARY KEY AUTO_INCREMENT,
  name       VARCHAR(80) NOT NULL,
  email      VARCHAR(120) NOT NULL UNIQUE,
  job        VARCHAR(40) NOT NULL,
  manager_id INT,
  salary     DECIMAL(10, 2) NOT NULL,
  hired_on   DATE NOT NULL,
  FOREIGN KEY (manager_id) REFERENCES employees (id)
);

CREATE TABLE people
SELECT n,
       ELT(1 + FLOOR(RAND(1) * 20), 'Ada', 'Ben', 'Chloe', 'David', 'Emma', 'Farid', 'Grace', 'Hugo', 'Ines', 'Jonas', 'Kira', 'Liam', 'Mina', 'Noah', 'Olga', 'Paul', 'Quinn', 'Rosa', 'Sami', 'Tara') AS first,
       ELT(1 + FLOOR(RAND(2) * 20), 'Adams', 'Baker', 'Costa', 'Diaz', 'Evans', 'Fischer', 'Garcia', 'Hansen', 'Ito', 'Jensen', 'Kumar', 'Lopez', 'Meyer', 'Novak', 'Okafor', 'Park', 'Rossi', 'Silva', 'Tanaka', 'Weber') AS last,
       ELT(1 + FLOOR(RAND(3) * 13), 'Berlin/DE', 'Hamburg/DE', 'Lyon/FR', 'Paris/FR', 'Madrid/ES', 'Porto/PT', 'London/GB', 'Leeds/GB', 'Oslo/NO', 'Austin/US', 'Boston/US', 'Denver/US', 'Toronto/CA') AS place
FROM numbers WHERE n <= 12000 ORDER BY n;

INSERT INTO customers (name, email, phone, city, country, card_last4, newsletter, created_at)
SELECT CONCAT(first, ' ', last),
       CONCAT(LOWER(first), '.', LOWER(last), n, '@example.', ELT(1 + FLOOR(RAND(4) * 3), 'com', 'org', 'net')),
       CONCAT('+1-', 200 + FLOOR(RAND(5) * 700), '-555-', LPAD(FLOOR(RAND(6) * 10000), 4, '0')),
       SUBSTRING_INDEX(place, '/', 1), SUBSTRING_INDEX(place, '/', -1),
       IF(RAND(7) < 0.8, LPAD(FLOOR(RAND(8) * 10000), 4, '0'), NULL), RAND(9) < 0.35,
       '2023-01-01' + INTERVAL FLOOR(RAND(10) * 1200 * 86400) SECOND
FROM people ORDER BY n;

CREATE TABLE kinds
SELECT n, ELT(1 + FLOOR(RAND(11) * 10), 'KI/kitchen/Kettle', 'KI/kitchen/Pan', 'KI/kitchen/Knife', 'OF/office/Lamp', 'OF/office/Keyboard', 'OF/office/Chair', 'GA/garden/Hose', 'GA/garden/Spade', 'SP/sports/Ball', 'SP/sports/Mat') AS kind
FROM numbers WHERE n <= 400 ORDER BY n;

INSERT INTO products (sku, name, category, price, stock)
SELECT CONCAT(SUBSTRING_INDEX(kind, '/', 1), '-', LPAD(n, 4, '0')),
       CONCAT(ELT(1 + FLOOR(RAND(12) * 6), 'Classic', 'Compact', 'Deluxe', 'Everyday', 'Travel', 'Wireless'), ' ', SUBSTRING_INDEX(kind, '/', -1)),
       SUBSTRING_INDEX(SUBSTRING_INDEX(kind, '/', 2), '/', -1), ROUND(4 + RAND(13) * 240, 2), FLOOR(RAND(14) * 500)
FROM kinds ORDER BY n;

-- Newer orders are likelier to be under way.
INSERT INTO orders (customer_id, status, placed_at)
SELECT 1 + FLOOR(POW(RAND(15), 1.7) * 12000),
       CASE WHEN n > 39500 THEN ELT(1 + FLOOR(RAND(16) * 3), 'open', 'open', 'paid')
            WHEN n > 38500 THEN ELT(1 + FLOOR(RAND(17) * 2), 'paid', 'shipped')
            ELSE ELT(1 + FLOOR(RAND(18) * 8), 'delivered', 'delivered', 'delivered', 'delivered', 'delivered', 'delivered', 'returned', 'cancelled') END,
       '2023-02-01' + INTERVAL FLOOR(n / 40000 * 1250 * 86400 + RAND(19) * 43200) SECOND
FROM numbers ORDER BY n;

CREATE TABLE sizes SELECT id, 1 + FLOOR(POW(RAND(20), 2) * 4) AS size FROM orders ORDER BY id;
CREATE TABLE picked
SELECT id AS order_id, d AS line, 1 + FLOOR(RAND(21) * 400) AS product_id, 1 + FLOOR(POW(RAND(22), 3) * 5) AS quantity
FROM sizes JOIN digits ON d BETWEEN 1 AND size ORDER BY id, d;
INSERT INTO order_items SELECT order_id, line, product_id, quantity, price FROM picked JOIN products ON products.id = product_id;

UPDATE orders JOIN (SELECT order_id, SUM(quantity * price) AS total FROM order_items GROUP BY order_id) AS sums ON sums.order_id = orders.id SET orders.total = sums.total;

INSERT INTO payments (order_id, method, amount, paid_at)
SELECT id, ELT(1 + FLOOR(RAND(23) * 5), 'card', 'card', 'card', 'invoice', 'paypal'), total, placed_at + INTERVAL FLOOR(RAND(24) * 172800) SECOND
FROM orders WHERE status NOT IN ('open', 'cancelled') ORDER BY id;

INSERT INTO employees (name, email, job, manager_id, salary, hired_on) VALUES
  ('Helen Marsh', 'helen.marsh@shop.example', 'chief executive', NULL, 212000, '2015-03-01'), ('Omar Haddad', 'omar.haddad@shop.example', 'head of engineering', 1, 164000, '2016-02-15'),
  ('Lena Vogt', 'lena.vogt@shop.example', 'head of sales', 1, 151000, '2016-09-01'), ('Tomas Riba', 'tomas.riba@shop.example', 'database administrator', 2, 118500, '2018-01-08'),
  ('Yuki Mori', 'yuki.mori@shop.example', 'software engineer', 2, 109000, '2019-05-20'), ('Ed Clarke', 'ed.clarke@shop.example', 'software engineer', 2, 97500, '2021-11-02'),
  ('Mara Stein', 'mara.stein@shop.example', 'account manager', 3, 78500, '2020-04-14'), ('Jo Bennett', 'jo.bennett@shop.example', 'account manager', 3, 74000, '2022-07-01'),
  ('Ravi Shah', 'ravi.shah@shop.example', 'support', 3, 52500, '2023-03-13'), ('Nora Lind', 'nora.lind@shop.example', 'support', 3, 51000, '2024-01-15');

DROP TABLE digits, numbers, people, kinds, sizes, picked;

CREATE VIEW revenue_by_month AS
  SELECT DATE_FORMAT(placed_at, '%Y-%m') AS month, COUNT(*) AS orders, SUM(total) AS revenue
  FROM orders WHERE status NOT IN ('cancelled', 'returned') GROUP BY DATE_FORMAT(placed_at, '%Y-%m');

CREATE FUNCTION customer_spend(customer INT) RETURNS DECIMAL(12, 2) READS SQL DATA
  RETURN (SELECT COALESCE(SUM(total), 0) FROM orders WHERE customer_id = customer AND status NOT IN ('cancelled', 'returned'));
`;
