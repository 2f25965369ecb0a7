/** A shop's schema, a sight of it written by hand, and two databases that differ only in what is masked. */

import type { CatalogData } from '../../../../src/sql/catalog.ts';
import { Sight } from '../../../../src/masking/sight.ts';
import type { MaskedColumn } from '../../../../src/masking/sight.ts';

export const SHOP = `
  CREATE TABLE customers (id int PRIMARY KEY, name text, email varchar(80) UNIQUE, ssn text NOT NULL, balance numeric, born date, junk int);
  ALTER TABLE customers DROP COLUMN junk;
  CREATE TABLE orders (id int PRIMARY KEY, customer_id int, total numeric);
  CREATE TABLE "Mixed.Case" (id int PRIMARY KEY, "Secret" text);
  CREATE TABLE events (id int, at date, payload text) PARTITION BY RANGE (at);
  CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
  CREATE VIEW contacts AS SELECT id, name, email FROM customers WHERE balance IS NOT NULL;
  CREATE VIEW contact_names AS SELECT c.id, c.email AS address, o.total FROM contacts c LEFT JOIN orders o ON o.customer_id = c.id;
  CREATE VIEW totals AS SELECT c.id, c.name, sum(o.total) AS total FROM customers c JOIN orders o ON o.customer_id = c.id GROUP BY c.id;
  CREATE VIEW guarded WITH (security_barrier) AS SELECT id, email FROM customers;
  CREATE SCHEMA other;
  CREATE TABLE other.customers (id int PRIMARY KEY, email text);
`;

/** @param salt what is masked differs by it, and nothing else */
export const rows = (salt: string): string => `
  INSERT INTO customers SELECT i, 'name' || i, '${salt}' || i * length('${salt}') || '@example.com', '${salt}' || 100 - i, i * ${salt.length} * 10, date '2000-01-01' + i FROM generate_series(1, 5) i;
  INSERT INTO orders SELECT i, 1 + i % 5, i * 7 FROM generate_series(1, 12) i;
  INSERT INTO "Mixed.Case" VALUES (1, '${salt}');
  INSERT INTO events VALUES (1, '2026-02-02', '${salt}');
`;

const MASKS: Readonly<Record<string, readonly string[]>> = {
  'character varying(80)': ['CASE WHEN ', ` IS NULL THEN NULL ELSE '***'::character varying(80) END`],
  text: ['CASE WHEN ', ` IS NULL THEN NULL ELSE '***'::text END`],
  numeric: ['CASE WHEN ', ' IS NULL THEN NULL ELSE 0::numeric END'],
};

const MASKED: Readonly<Record<string, readonly string[]>> = {
  'public.customers': ['email', 'ssn', 'balance'], 'public.Mixed.Case': ['Secret'], 'public.events': ['payload'], 'public.events_2026': ['payload'],
};

export function shopSight(catalog: CatalogData, policy: Partial<MaskedColumn> = {}): Sight {
  const relations = catalog.relations.filter(({ schema, name }) => MASKED[`${schema}.${name}`] !== undefined).map(({ schema, name, oid, columns }) => ({
    schema, name, oid,
    columns: columns.filter((column) => MASKED[`${schema}.${name}`]?.includes(column.name)).map((column): MaskedColumn => ({
      name: column.name, number: column.number, type: column.type, mask: 'redact', sql: MASKS[column.type] ?? [`NULL::${column.type}`],
      hideNulls: false, filtered: 'equality', derived: 'mask', copied: 'hold', ...policy,
    })),
  }));
  return new Sight({ key: 'test', relations });
}
