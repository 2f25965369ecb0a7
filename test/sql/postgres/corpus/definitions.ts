/** CREATE, ALTER, DROP, privileges, administration. */
export const DEFINITIONS = `
create | w:t(*) kind:create_table | CREATE TABLE t (a int PRIMARY KEY, b text NOT NULL DEFAULT 'x', c numeric CHECK (c > 0))
create | w:public.t(*) | CREATE TABLE IF NOT EXISTS public.t (a int GENERATED ALWAYS AS IDENTITY, b int GENERATED ALWAYS AS (a * 2) STORED)
create,read | r:public.customers() w:t(*) | CREATE TABLE t (a int REFERENCES customers (id))
create,routine | w:t(*) | CREATE TABLE t (a numeric DEFAULT add_tax(1))
create,routine | w:t(*) | CREATE TABLE t (a numeric CHECK (add_tax(a) > 1))
create,routine | w:t(*) | CREATE TABLE t (a numeric, b numeric GENERATED ALWAYS AS (add_tax(a)) STORED)
create,routine | w:t(*) | CREATE TABLE t (a checked_email)
create | w:t(*) | CREATE TABLE t (a positive, b order_status)
create,read | r:public.customers() w:t(*) | CREATE TABLE t (LIKE customers INCLUDING ALL)
create,read | r:public.notes() r:public.notes_private() w:t(*) | CREATE TABLE t () INHERITS (notes)
create | w:t(*) | CREATE TABLE t (a int) PARTITION BY RANGE (a)
create,routine | w:t(*) | CREATE TABLE t (a int) PARTITION BY RANGE (add_tax(a))
create,read | w:t(*) r:public.events() r:public.events_2025() r:public.events_2026() | CREATE TABLE t PARTITION OF events FOR VALUES FROM ('2027-01-01') TO ('2028-01-01')
create,read,routine | w:t(*) r:public.events() r:public.events_2025() r:public.events_2026() | CREATE TABLE t PARTITION OF events FOR VALUES FROM (add_tax(1)) TO (add_tax(2))
create | w:t(*) | CREATE TEMP TABLE t (a int) ON COMMIT DROP
create | w:t(*) | CREATE UNLOGGED TABLE t (a int, EXCLUDE USING gist (a WITH =))
create,server_io | w:t(*) | CREATE FOREIGN TABLE t (a int) SERVER elsewhere
create | w:t(*) | CREATE TABLE t OF address
create | w:public.orders(total) kind:create_index | CREATE INDEX ON orders (total)
create | w:public.orders(total) | CREATE UNIQUE INDEX CONCURRENTLY i ON orders (total) WHERE total > 1
create,routine | w:public.orders(total) | CREATE INDEX i ON orders (add_tax(total))
create,routine | w:public.orders(id,total) | CREATE INDEX i ON orders (id) WHERE add_tax(total) > 1
create,read | r:public.customers(email) w:v(*) kind:create_view | CREATE VIEW v AS SELECT email FROM customers
create,alter,read | r:public.customers(email) w:v(*) | CREATE OR REPLACE VIEW v AS SELECT email FROM customers WITH CHECK OPTION
create,read,routine | r:public.orders(total) w:v(*) | CREATE VIEW v AS SELECT add_tax(total) FROM orders
create,read | r:public.customers(email) w:v(*) | CREATE RECURSIVE VIEW v (a) AS SELECT email FROM customers
create | none kind:create_schema | CREATE SCHEMA s
create | w:t(*) | CREATE SCHEMA s CREATE TABLE t (a int)
create,privilege | w:public.orders(*) | CREATE SCHEMA s GRANT SELECT ON public.orders TO postgres
create | w:s(*) | CREATE SEQUENCE s START 1
create | none kind:create_type | CREATE TYPE t AS ENUM ('a', 'b')
create | none | CREATE TYPE t AS (a int, b text)
create | none | CREATE TYPE t AS RANGE (subtype = int4)
create | none | CREATE TYPE t
create | none kind:create_domain | CREATE DOMAIN d AS int CHECK (VALUE > 0)
create,routine | none | CREATE DOMAIN d AS text CHECK (is_email(VALUE))
create | none kind:create_function | CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'
create,alter | none | CREATE OR REPLACE FUNCTION f(a int DEFAULT 1) RETURNS int LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN RETURN a; END $$
create,read | r:public.customers(email) | CREATE FUNCTION f() RETURNS text LANGUAGE sql RETURN (SELECT email FROM customers LIMIT 1)
create,delete | w:public.customers(*) unbounded | CREATE FUNCTION f() RETURNS void LANGUAGE sql BEGIN ATOMIC DELETE FROM customers; END
create,routine | none | CREATE FUNCTION f(a numeric DEFAULT add_tax(1)) RETURNS int LANGUAGE sql AS 'SELECT 1'
create | none | CREATE FUNCTION f() RETURNS int LANGUAGE sql SET search_path = public AS 'SELECT 1'
create | none refused | CREATE FUNCTION f() RETURNS int LANGUAGE sql SET standard_conforming_strings = off AS 'SELECT 1'
create,admin,server_io | none | CREATE FUNCTION f() RETURNS int LANGUAGE c AS '/tmp/x.so', 'f'
create | none kind:create_procedure | CREATE PROCEDURE p() LANGUAGE sql AS 'SELECT 1'
create | none kind:create_aggregate | CREATE AGGREGATE a (int) (sfunc = int4pl, stype = int)
create | none kind:create_operator | CREATE OPERATOR @#@ (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq)
create,routine | none kind:create_cast | CREATE CAST (text AS tag) WITH INOUT AS IMPLICIT
create | none | CREATE COLLATION c (provider = libc, locale = 'C')
create | none | CREATE TEXT SEARCH CONFIGURATION c (COPY = simple)
create,read | r:public.orders() | CREATE STATISTICS s ON id, total FROM orders
create,alter,routine | w:public.orders() kind:create_trigger | CREATE TRIGGER t BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION on_change()
create,alter,routine | w:public.orders(total) | CREATE TRIGGER t BEFORE UPDATE ON orders FOR EACH ROW WHEN (OLD.total > 1) EXECUTE FUNCTION on_change()
create,admin,routine | none | CREATE EVENT TRIGGER t ON ddl_command_start EXECUTE FUNCTION on_change()
create,alter,insert | kind:create_rule | CREATE RULE r AS ON DELETE TO orders DO INSTEAD INSERT INTO ledger_copy VALUES (OLD.id, 1)
create,alter | w:public.orders() | CREATE RULE r AS ON DELETE TO orders DO INSTEAD NOTHING
create,privilege | w:public.orders(customer_id) | CREATE POLICY p ON orders USING (customer_id = 1)
create,privilege,routine | | CREATE POLICY p ON orders USING (is_email(current_user))
create,admin | none | CREATE EXTENSION pgcrypto
create,admin | none | CREATE EXTENSION IF NOT EXISTS dblink SCHEMA public
create,admin | none | CREATE LANGUAGE plperlu
create,admin | none | CREATE FOREIGN DATA WRAPPER f
create,server_io | none | CREATE SERVER s FOREIGN DATA WRAPPER nothing OPTIONS (host '10.0.0.1')
create,privilege,server_io | none | CREATE USER MAPPING FOR CURRENT_USER SERVER elsewhere OPTIONS (user 'a', password 'b')
create,server_io | none | IMPORT FOREIGN SCHEMA public LIMIT TO (a, b) FROM SERVER elsewhere INTO public
create,admin | none | CREATE DATABASE d
create,admin,server_io | none | CREATE TABLESPACE t LOCATION '/tmp/t'
create,replication | none | CREATE PUBLICATION p FOR ALL TABLES
create,replication,read | r:public.orders() | CREATE PUBLICATION p FOR TABLE orders
create,replication,server_io | none | CREATE SUBSCRIPTION s CONNECTION 'host=10.0.0.1' PUBLICATION p
create,privilege | none | CREATE ROLE r LOGIN SUPERUSER PASSWORD 'x'
create,privilege | none | CREATE USER u
create,admin | none | CREATE ACCESS METHOD heap2 TYPE TABLE HANDLER heap_tableam_handler
create | none | CREATE OPERATOR CLASS c FOR TYPE int USING btree AS OPERATOR 1 <
create | none | CREATE CONVERSION c FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8
alter | w:public.orders(*) kind:alter_table | ALTER TABLE orders ADD COLUMN note text
alter,routine | w:public.orders(*) | ALTER TABLE orders ADD COLUMN taxed numeric DEFAULT add_tax(1)
alter,drop | w:public.orders(*) | ALTER TABLE orders DROP COLUMN total CASCADE
alter,routine | w:public.orders(*) | ALTER TABLE orders ALTER COLUMN total TYPE numeric USING add_tax(total)
alter | w:public.orders(*) | ALTER TABLE orders RENAME COLUMN total TO sum
alter | w:public.orders(*) | ALTER TABLE orders RENAME TO orders2
alter | w:public.orders(*) | ALTER TABLE orders SET SCHEMA billing
alter,privilege | w:public.orders(*) | ALTER TABLE orders OWNER TO postgres
alter,privilege | w:public.orders(*) | ALTER TABLE orders DISABLE ROW LEVEL SECURITY
alter | w:public.orders(*) | ALTER TABLE orders DISABLE TRIGGER ALL
alter | w:public.orders(*) | ALTER TABLE orders ADD CONSTRAINT c CHECK (total > 0) NOT VALID
alter,read | r:public.customers() w:public.orders(*) | ALTER TABLE orders ADD FOREIGN KEY (id) REFERENCES customers
alter | w:public.events(*) w:public.events_2025(*) | ALTER TABLE events DETACH PARTITION events_2025
alter,read | r:public.notes() r:public.notes_private() w:public.orders(*) | ALTER TABLE orders INHERIT notes
alter | w:public.customer_names(*) kind:alter_view | ALTER VIEW customer_names SET (security_invoker = true)
alter | w:archive.invoices(*) w:billing.invoices(*) | ALTER TABLE invoices ADD x int
alter | none | ALTER INDEX orders_by_customer RENAME TO x
alter | w:public.tickets(*) | ALTER SEQUENCE tickets RESTART
alter | none | ALTER TYPE order_status ADD VALUE 'lost' AFTER 'sent'
alter | none | ALTER TYPE address ADD ATTRIBUTE zip text
alter | none | ALTER DOMAIN positive DROP NOT NULL
alter | none | ALTER FUNCTION add_tax(numeric) STABLE
alter | none refused | ALTER FUNCTION add_tax(numeric) SET standard_conforming_strings = off
alter,privilege | none | ALTER FUNCTION add_tax(numeric) OWNER TO postgres
alter | none | ALTER FUNCTION add_tax(numeric) RENAME TO x
alter | none kind:alter_type | ALTER TYPE address RENAME ATTRIBUTE city TO town
alter | none kind:alter_domain | ALTER DOMAIN positive RENAME CONSTRAINT a TO b
alter | w:public.orders(*) kind:alter_table | ALTER TABLE orders RENAME CONSTRAINT a TO b
alter | none | ALTER SCHEMA billing RENAME TO x
alter,admin | none | ALTER EXTENSION plpgsql UPDATE
alter,admin | none | ALTER EXTENSION plpgsql ADD FUNCTION add_tax(numeric)
alter,admin | none | ALTER DATABASE postgres SET work_mem = '1GB'
alter,admin | none refused | ALTER DATABASE postgres SET client_encoding = 'SJIS'
alter,admin | none | ALTER DATABASE postgres CONNECTION LIMIT 1
admin | none | ALTER SYSTEM SET work_mem = '1GB'
admin | none | ALTER SYSTEM RESET ALL
admin | none refused | ALTER SYSTEM SET standard_conforming_strings = off
alter,privilege | none | ALTER ROLE postgres SET search_path = x
alter,privilege | none | ALTER ROLE ALL RESET ALL
alter,privilege | none | ALTER ROLE postgres PASSWORD 'x'
alter,privilege | none | ALTER USER postgres WITH NOSUPERUSER
alter,privilege | none | ALTER GROUP pg_monitor ADD USER postgres
alter,server_io | none | ALTER SERVER elsewhere OPTIONS (host '10.0.0.1')
alter,privilege,server_io | none | ALTER USER MAPPING FOR PUBLIC SERVER elsewhere OPTIONS (user 'x')
alter,replication,server_io | none | ALTER SUBSCRIPTION s CONNECTION 'host=10.0.0.2'
alter,replication | | ALTER PUBLICATION p SET TABLES IN SCHEMA public
privilege | none | ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO PUBLIC
alter,privilege | w:public.orders(customer_id) | ALTER POLICY p ON orders USING (customer_id = 2)
alter | none | COMMENT ON TABLE orders IS 'x'
alter | none | COMMENT ON COLUMN orders.total IS 'x'
alter | none | COMMENT ON FUNCTION add_tax(numeric) IS NULL
privilege | none | SECURITY LABEL ON TABLE orders IS 'x'
drop | w:public.orders(*) kind:drop_table | DROP TABLE orders
drop | w:billing.invoices(*) w:public.orders(*) | DROP TABLE IF EXISTS orders, billing.invoices CASCADE
drop | w:archive.invoices(*) w:billing.invoices(*) | DROP TABLE invoices
drop | unresolved | DROP TABLE IF EXISTS nothing_here
drop | w:public.customer_names(*) | DROP VIEW customer_names
drop | w:public.order_totals(*) kind:drop_materialized_view | DROP MATERIALIZED VIEW order_totals
drop | none | DROP INDEX orders_by_customer
drop | w:public.tickets(*) | DROP SEQUENCE tickets
drop | none | DROP TYPE order_status
drop | none | DROP DOMAIN positive CASCADE
drop | none | DROP FUNCTION add_tax(numeric)
drop | none | DROP PROCEDURE tidy
drop | none | DROP AGGREGATE a (int)
drop | none | DROP OPERATOR === (int, int)
drop | none | DROP CAST (int AS tag)
drop | none | DROP SCHEMA billing
drop | w:billing.invoices(*) | DROP SCHEMA billing CASCADE
drop | w:public.orders() | DROP TRIGGER t ON orders
drop | w:public.ledger() | DROP RULE ledger_also ON ledger
drop,privilege | w:public.orders() | DROP POLICY p ON public.orders
drop,admin | none | DROP EXTENSION plpgsql
drop,admin | none | DROP DATABASE d
drop,admin | none | DROP TABLESPACE t
drop,privilege | none | DROP ROLE IF EXISTS r
drop,privilege | none | DROP OWNED BY r CASCADE
privilege | none | REASSIGN OWNED BY r TO CURRENT_USER
drop,replication | none | DROP PUBLICATION p
drop,replication,server_io | none | DROP SUBSCRIPTION s
drop | none | DROP SERVER elsewhere CASCADE
drop,admin | none | DROP FOREIGN DATA WRAPPER nothing CASCADE
drop,privilege | none | DROP USER MAPPING FOR PUBLIC SERVER elsewhere
drop,admin | none | DROP EVENT TRIGGER t
privilege | w:public.orders(*) kind:grant | GRANT SELECT, INSERT (total) ON orders TO PUBLIC
privilege | w:public.orders(*) kind:revoke | REVOKE ALL ON orders FROM PUBLIC
privilege | none | GRANT ALL ON ALL TABLES IN SCHEMA public TO PUBLIC
privilege | none | GRANT EXECUTE ON FUNCTION add_tax(numeric) TO PUBLIC
privilege | none | GRANT USAGE ON SCHEMA billing TO PUBLIC
privilege | none kind:grant_role | GRANT pg_read_all_data TO CURRENT_USER
privilege | none | REVOKE pg_monitor FROM postgres
privilege | none | GRANT SET ON PARAMETER log_statement TO postgres
maintenance | kind:vacuum n:public.orders() | VACUUM orders
maintenance | none | VACUUM (FULL, ANALYZE)
maintenance | kind:analyze n:public.orders() | ANALYZE orders (total)
maintenance | none | CLUSTER
maintenance | n:public.orders() | CLUSTER orders USING orders_pkey
maintenance | n:public.orders() | REINDEX TABLE orders
maintenance | none | REINDEX INDEX CONCURRENTLY orders_by_customer
maintenance | none | REINDEX DATABASE postgres
admin | none | CHECKPOINT
admin,server_io | none | LOAD 'auto_explain'
update,admin | w:pg_catalog.pg_class(relname) unbounded | UPDATE pg_catalog.pg_class SET relname = 'x'
delete,admin | rw:pg_catalog.pg_authid(*) | DELETE FROM pg_authid WHERE rolname = 'x'
insert,admin | w:pg_catalog.pg_proc(*) | INSERT INTO pg_proc DEFAULT VALUES
update,admin | rw:pg_catalog.pg_settings(name,setting) refused | UPDATE pg_settings SET setting = 'off' WHERE name = 'standard_conforming_strings'
admin,update,read | rw:pg_catalog.pg_settings(*) rw:public.my_settings(name,setting) refused | UPDATE my_settings SET setting = 'off' WHERE name = 'standard_conforming_strings'
create,admin | w:pg_catalog.t(*) | CREATE TABLE pg_catalog.t (a int)
`;
