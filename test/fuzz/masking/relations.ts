/** What statements of the grammar can name. */

export type Protocol = 'postgres' | 'mysql';

export interface FuzzColumn {
  readonly name: string;
  /** `other`: it is counted, compared with NULL and returned, but no expression is made for it. */
  readonly type: 'number' | 'text' | 'date' | 'other';
}

export type Type = 'number' | 'text' | 'date';
export type Relations = Readonly<Record<string, readonly FuzzColumn[]>>;

/** `id:number name:text` */
const columns = (text: string): FuzzColumn[] => text.split(' ').map((each) => {
  const [name = '', type] = each.split(':');
  return { name, type: type as FuzzColumn['type'] };
});

const BOTH: Relations = {
  customers: columns('id:number name:text email:text ssn:text balance:number born:date region:text'),
  orders: columns('id:number customer_id:number total:number note:text placed:date'),
  cards: columns('id:number customer_id:number number:text'),
  accounts: columns('id:number customer_id:number iban:text bank:other tail:other slot:number'),
  events: columns('id:number customer_id:number token:text kind:text'),
  people: columns('id:number name:text email:text region:text'),
  spending: columns('id:number name:text balance:number total:number'),
  contacts: columns('id:number name:text email:text'),
  ledger: columns('id:number total:number note:text'),
  'archive.customers': columns('id:number name:text email:text region:text'),
  'archive.orders': columns('id:number customer_id:number total:number note:text'),
};

export const RELATIONS: Readonly<Record<Protocol, Relations>> = {
  postgres: {
    ...BOTH,
    vault: columns('id:number label:text doc:other secret:other stamp:other flag:other code:other marks:other'),
    events_low: columns('id:number customer_id:number token:text kind:text'),
    staff: columns('id:number name:text badge:text'),
    managers: columns('id:number name:text badge:text grade:number'),
  },
  mysql: { ...BOTH, vault: columns('id:number label:text doc:other secret:other stamp:other flag:number code:number') },
};

/** Relations without masked columns, tables and a view over one: what uses no others has nothing to do with masks. */
export const UNMASKED: Relations = Object.fromEntries(['orders', 'ledger', 'archive.orders'].map((name) => [name, BOTH[name] ?? []]));

/** Columns that show masked values, by relation: those that the policy names, and what is made of them. */
export const MASKED: Readonly<Record<string, readonly string[]>> = {
  customers: ['email', 'ssn', 'balance', 'born'], cards: ['number'], accounts: ['iban', 'bank', 'tail'], events: ['token'], events_low: ['token'],
  people: ['email'], spending: ['balance'], contacts: ['email'], 'archive.customers': ['email'], staff: ['badge'], managers: ['badge'],
  vault: ['doc', 'secret', 'stamp', 'flag', 'code', 'marks'],
};

const MASKED_NAMES = new RegExp(`\\b(?:${Object.keys(MASKED).map((name) => name.replace('archive.', '')).join('|')})\\b`);

/** Does the text name anything with masked columns? */
export const namesMasked = (text: string): boolean => MASKED_NAMES.test(text);

const named = (...tables: readonly string[]): string[] => tables.flatMap((table) => (MASKED[table] ?? []).map((column) => `${table}.${column}`));

/** What the policy names, by how it is masked: every kind of constant mask. Views show what they are made of, and so does the generated column `accounts.tail`, which it doesn't name. */
export const SENSITIVE: Readonly<Record<string, readonly string[]>> = {
  'mask: redact': named('customers', 'archive.customers', 'vault'),
  'mask: constant, value: hidden': named('cards', 'staff'),
  'mask: "null"': named('events'),
  'mask: redact, hide_nulls: true': ['accounts.iban', 'accounts.bank'],
};
