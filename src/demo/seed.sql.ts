/**
 * The demo's shop, made by the server itself: 12,000 customers, 40,000 orders and what belongs to them.
 * The same rows each time (setseed), all of them invented: example.* addresses, 555 numbers, no whole card numbers.
 */
export const SHOP_SEED = `
SELECT setseed(0.42);

CREATE TABLE customers (
  id          int PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  name        text NOT NULL,
  email       text NOT NULL UNIQUE,
  phone       text NOT NULL,
  city        text NOT NULL,
  country     char(2) NOT NULL,
  card_last4  char(4),
  newsletter  boolean NOT NULL,
  created_at  timestamptz NOT NULL
);

CREATE TABLE products (
  id       int PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  sku      text NOT NULL UNIQUE,
  name     text NOT NULL,
  category text NOT NULL,
  price    numeric(10, 2) NOT NULL CHECK (price > 0),
  stock    int NOT NULL CHECK (stock >= 0)
);

CREATE TABLE orders (
  id          int PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  customer_id int NOT NULL,
  status      text NOT NULL CHECK (status IN ('open', 'paid', 'shipped', 'delivered', 'returned', 'cancelled')),
  total       numeric(12, 2) NOT NULL DEFAULT 0,
  placed_at   timestamptz NOT NULL
);

CREATE TABLE order_items (
  order_id   int NOT NULL,
  line       int NOT NULL,
  product_id int NOT NULL,
  quantity   int NOT NULL CHECK (quantity > 0),
  price      numeric(10, 2) NOT NULL,
  PRIMARY KEY (order_id, line)
);

CREATE TABLE payments (
  id         int PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  order_id   int NOT NULL,
  method     text NOT NULL CHECK (method IN ('card', 'invoice', 'paypal')),
  amount     numeric(12, 2) NOT NULL,
  paid_at    timestamptz NOT NULL
);

CREATE TABLE employees (
  id         int PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  name       text NOT NULL,
  email      text NOT NULL UNIQUE,
  job        text NOT NULL,
  manager_id int REFERENCES employees,
  salary     numeric(10, 2) NOT NULL,
  hired_on   date NOT NULL
);

CREATE FUNCTION pick(list text[]) RETURNS text LANGUAGE sql VOLATILE
  AS $$ SELECT list[1 + floor(random() * cardinality(list))::int] $$;

INSERT INTO customers (name, email, phone, city, country, card_last4, newsletter, created_at)
SELECT first || ' ' || last,
       lower(first) || '.' || lower(last) || n || '@example.' || pick('{com,org,net}'),
       '+1-' || (200 + floor(random() * 700))::int || '-555-' || lpad(floor(random() * 10000)::text, 4, '0'),
       split_part(place, '/', 1),
       split_part(place, '/', 2),
       CASE WHEN random() < 0.8 THEN lpad(floor(random() * 10000)::text, 4, '0') END,
       random() < 0.35,
       timestamptz '2023-01-01 00:00Z' + random() * interval '1200 days'
FROM (
  SELECT n,
         pick('{Ada,Ben,Chloe,David,Emma,Farid,Grace,Hugo,Ines,Jonas,Kira,Liam,Mina,Noah,Olga,Paul,Quinn,Rosa,Sami,Tara}') AS first,
         pick('{Adams,Baker,Costa,Diaz,Evans,Fischer,Garcia,Hansen,Ito,Jensen,Kumar,Lopez,Meyer,Novak,Okafor,Park,Rossi,Silva,Tanaka,Weber}') AS last,
         pick('{Berlin/DE,Hamburg/DE,Lyon/FR,Paris/FR,Madrid/ES,Porto/PT,London/GB,Leeds/GB,Oslo/NO,Austin/US,Boston/US,Denver/US,Toronto/CA}') AS place
  FROM generate_series(1, 12000) AS n
) AS people;

INSERT INTO products (sku, name, category, price, stock)
SELECT category_code || '-' || lpad(n::text, 4, '0'),
       pick('{Classic,Compact,Deluxe,Everyday,Travel,Wireless}') || ' ' || thing,
       category,
       round((4 + random() * 240)::numeric, 2),
       floor(random() * 500)::int
FROM (
  SELECT n,
         split_part(kind, '/', 1) AS category_code,
         split_part(kind, '/', 2) AS category,
         split_part(kind, '/', 3) AS thing
  FROM (
    SELECT n, pick('{KI/kitchen/Kettle,KI/kitchen/Pan,KI/kitchen/Knife,OF/office/Lamp,OF/office/Keyboard,OF/office/Chair,GA/garden/Hose,GA/garden/Spade,SP/sports/Ball,SP/sports/Mat}') AS kind
    FROM generate_series(1, 400) AS n
  ) AS kinds
) AS things;

-- Newer orders are likelier to be under way.
INSERT INTO orders (customer_id, status, placed_at)
SELECT 1 + floor(power(random(), 1.7) * 12000)::int,
       CASE WHEN n > 39500 THEN pick('{open,open,paid}') WHEN n > 38500 THEN pick('{paid,shipped}') ELSE pick('{delivered,delivered,delivered,delivered,delivered,delivered,returned,cancelled}') END,
       timestamptz '2023-02-01 00:00Z' + (n / 40000.0) * interval '1250 days' + random() * interval '12 hours'
FROM generate_series(1, 40000) AS n;

INSERT INTO order_items (order_id, line, product_id, quantity, price)
SELECT orders.id, line, products.id, quantity, products.price
FROM (
  SELECT id, line, 1 + floor(random() * 400)::int AS product_id, 1 + floor(power(random(), 3) * 5)::int AS quantity
  FROM (SELECT id, 1 + floor(power(random(), 2) * 4)::int AS lines FROM orders) AS sized, generate_series(1, lines) AS line
) AS orders JOIN products ON products.id = product_id;

UPDATE orders SET total = sums.total
FROM (SELECT order_id, sum(quantity * price) AS total FROM order_items GROUP BY order_id) AS sums
WHERE sums.order_id = orders.id;

INSERT INTO payments (order_id, method, amount, paid_at)
SELECT id, pick('{card,card,card,invoice,paypal}'), total, placed_at + random() * interval '2 days'
FROM orders WHERE status NOT IN ('open', 'cancelled');

INSERT INTO employees (name, email, job, manager_id, salary, hired_on)
SELECT name, lower(replace(name, ' ', '.')) || '@shop.example', job, manager, salary, date '2015-01-01' + floor(random() * 3600)::int
FROM (VALUES
  ('Helen Marsh', 'chief executive', NULL, 212000), ('Omar Haddad', 'head of engineering', 1, 164000), ('Lena Vogt', 'head of sales', 1, 151000),
  ('Tomas Riba', 'database administrator', 2, 118500), ('Yuki Mori', 'software engineer', 2, 109000), ('Ed Clarke', 'software engineer', 2, 97500),
  ('Mara Stein', 'account manager', 3, 78500), ('Jo Bennett', 'account manager', 3, 74000), ('Ravi Shah', 'support', 3, 52500), ('Nora Lind', 'support', 3, 51000)
) AS staff (name, job, manager, salary);

DROP FUNCTION pick(text[]);

-- Checked in one go here, row by row if they had been there before.
ALTER TABLE orders ADD FOREIGN KEY (customer_id) REFERENCES customers;
ALTER TABLE order_items ADD FOREIGN KEY (order_id) REFERENCES orders ON DELETE CASCADE, ADD FOREIGN KEY (product_id) REFERENCES products;
ALTER TABLE payments ADD FOREIGN KEY (order_id) REFERENCES orders ON DELETE CASCADE;

CREATE INDEX orders_customer ON orders (customer_id);
CREATE INDEX orders_open ON orders (placed_at) WHERE status IN ('open', 'paid');
CREATE INDEX orders_placed ON orders (placed_at);
CREATE INDEX order_items_product ON order_items (product_id);
CREATE INDEX payments_order ON payments (order_id);
CREATE INDEX customers_country ON customers (country, city);

CREATE VIEW revenue_by_month AS
  SELECT date_trunc('month', placed_at) AS month, count(*) AS orders, sum(total) AS revenue
  FROM orders WHERE status NOT IN ('cancelled', 'returned') GROUP BY 1;

CREATE FUNCTION customer_spend(customer int) RETURNS numeric LANGUAGE sql STABLE
  AS $$ SELECT coalesce(sum(total), 0) FROM orders WHERE customer_id = customer AND status NOT IN ('cancelled', 'returned') $$;
`;
