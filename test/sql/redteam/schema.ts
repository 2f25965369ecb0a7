/** A database full of code: whatever runs any of it leaves a line in `log`. */
export const MINED = `
  CREATE TABLE log (what text);
  CREATE FUNCTION mark(text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.log VALUES ($1); RETURN true; END $$;
  CREATE TABLE customers (id int, email text);
  INSERT INTO customers VALUES (1, 'a@b');

  CREATE DOMAIN checked AS text CHECK (mark(value));
  CREATE DOMAIN twice_checked AS checked;
  CREATE DOMAIN "_under" AS text CHECK (mark(value));
  CREATE TYPE holds_checked AS (a checked);
  CREATE TYPE holds_deeper AS (b holds_checked[]);
  CREATE TABLE with_checked (a checked, b int);
  CREATE TYPE checked_range AS RANGE (SUBTYPE = checked);

  CREATE FUNCTION customer_text(customers) RETURNS text LANGUAGE plpgsql AS $$ BEGIN PERFORM mark('row cast'); RETURN 'x'; END $$;
  CREATE CAST (customers AS text) WITH FUNCTION customer_text(customers) AS IMPLICIT;
  CREATE TYPE "Money" AS (v int);
  CREATE FUNCTION money_text("Money") RETURNS text LANGUAGE plpgsql AS $$ BEGIN PERFORM mark('quoted cast'); RETURN 'x'; END $$;
  CREATE CAST ("Money" AS text) WITH FUNCTION money_text("Money") AS IMPLICIT;
  CREATE TABLE wallets (m "Money");
  INSERT INTO wallets VALUES (row(1)::"Money");
  CREATE TYPE purse AS (m "Money");
  CREATE TABLE purses (p purse);
  INSERT INTO purses VALUES (row(row(1)::"Money")::purse);
  CREATE VIEW wallet_view AS SELECT m FROM wallets;

  CREATE TABLE parent (id int);
  CREATE TABLE child (label int) INHERITS (parent);
  INSERT INTO parent VALUES (1);
  CREATE FUNCTION label(parent) RETURNS int LANGUAGE plpgsql AS $$ BEGIN PERFORM mark('label'); RETURN 1; END $$;
  CREATE FUNCTION id(customers) RETURNS int LANGUAGE plpgsql AS $$ BEGIN PERFORM mark('id'); RETURN 1; END $$;
  CREATE FUNCTION anything(anyelement) RETURNS int LANGUAGE plpgsql AS $$ BEGIN PERFORM mark('anything'); RETURN 1; END $$;
  CREATE SCHEMA east; CREATE SCHEMA west;
  CREATE TABLE east.places (title text);
  CREATE TABLE west.places (name text);
  INSERT INTO west.places VALUES ('w');
  CREATE FUNCTION title(west.places) RETURNS text LANGUAGE plpgsql AS $$ BEGIN PERFORM mark('title'); RETURN 'x'; END $$;

  CREATE TABLE ledger (id int);
  CREATE RULE ledger_also AS ON INSERT TO ledger DO ALSO SELECT mark('rule');
  CREATE VIEW ledger_view AS SELECT * FROM ledger;
  CREATE VIEW ledger_view_view AS SELECT * FROM ledger_view;
  CREATE VIEW account_view AS SELECT * FROM pg_authid;
  CREATE VIEW database_view AS SELECT * FROM pg_database;
`;
