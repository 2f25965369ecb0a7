/** The shop's catalog, as the loader reads it, without a server. */

import type { CatalogData, RelationData } from '../../../../src/sql/catalog.ts';

let oid = 20_000;

function relation(name: string, columns: string, more: Partial<RelationData> = {}): RelationData {
  const made = columns.split(', ').map((column, index) => ({ name: column.split(' ')[0] ?? '', number: index + 1, type: column.split(' ').slice(1).join(' ') }));
  return { schema: 'public', name, oid: oid++, kind: 'r', columns: made, children: [], system: false, ...more };
}

export const SHOP_CATALOG: CatalogData = {
  serverVersion: 180_000,
  relations: [
    relation('customers', 'id integer, name text, email character varying(80), ssn text, balance numeric', { primaryKey: ['id'] }),
    relation('orders', 'id integer, customer_id integer, total numeric', { primaryKey: ['id'] }),
    relation('Mixed.Case', 'id integer, Secret text'),
    relation('customers', 'id integer, email text', { schema: 'other' }),
    relation('contacts', 'id integer, email character varying(80)', { kind: 'v', definition: ' SELECT id, email FROM public.customers WHERE name IS NOT NULL;' }),
    relation('lengths', 'length integer, id integer', { kind: 'v', definition: ' SELECT length(c.ssn) AS length, c.id FROM public.contacts x JOIN public.customers c ON c.email = x.email;' }),
    relation('guarded', 'id integer, email text', { kind: 'v', definition: ' SELECT id, email FROM public.customers;', barrier: 'is a security barrier' }),
    relation('guarded_names', 'id integer, name text', { kind: 'v', definition: ' SELECT id, name FROM public.customers;', barrier: 'is a security barrier' }),
    relation('guarded_rows', 'id integer, name text', { kind: 'v', definition: ' SELECT id, name FROM public.customers WHERE ssn > \'5\';', barrier: 'is a security barrier' }),
    relation('coded', 'x text', { kind: 'v', definition: ' SELECT public.f(id) AS x FROM public.orders;' }),
  ],
  functions: [{ schema: 'public', name: 'f', language: 'sql', volatility: 'stable', securityDefiner: false }],
  builtins: ['length', 'count', 'max', 'lower', 'row_to_json', 'unnest'], operators: [], types: [], extensions: [],
};
