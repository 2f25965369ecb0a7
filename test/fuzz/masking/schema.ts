/** Two databases that differ in nothing but the values of masked columns, for either protocol. */

export type Protocol = 'postgres' | 'mysql';

interface Secrets {
  readonly email: (id: number) => string;
  readonly ssn: (id: number) => string;
  readonly balance: (id: number) => string;
  readonly born: (id: number) => string;
  readonly number: (id: number) => string;
}

const digits = (value: number, width: number): string => String(value).padStart(width, '0').slice(-width);

/** The same lengths everywhere, and NULL in the same places: where NULL stands is no secret. Orders, equalities and signs differ. */
export const SECRETS: Readonly<Record<'left' | 'right', Secrets>> = {
  left: {
    email: (id) => `a${digits(id, 3)}@left0.example`, ssn: (id) => `${digits(id * 7, 3)}-11-${digits(id, 4)}`, balance: (id) => `${1000 + id * 3}.25`,
    born: (id) => `19${digits(50 + (id % 50), 2)}-01-${digits(1 + (id % 28), 2)}`, number: (id) => `4111${digits(id * 97, 12)}`,
  },
  right: {
    email: (id) => `z${digits(999 - (id % 3), 3)}@right.example`, ssn: (id) => `${digits(id % 2, 3)}-22-${digits(9999 - id, 4)}`, balance: (id) => `${9000 - (id % 4) * 1000}.75`,
    born: (id) => `20${digits(id % 20, 2)}-12-${digits(28 - (id % 28), 2)}`, number: () => `5500${digits(7, 12)}`,
  },
};

const REGIONS = ['north', 'south', 'east', 'west'];

export const tables = (): string[] => [
  'create table customers (id int primary key, name varchar(40) not null, email varchar(80), ssn char(11) not null, balance numeric(10,2), born date, region varchar(20))',
  'create table orders (id int primary key, customer_id int, total numeric(10,2), note varchar(40), placed date)',
  'create table cards (id int primary key, customer_id int not null, number varchar(20) not null)',
  'create table notes (id int primary key, body varchar(200))',
  'create index orders_customer on orders (customer_id)',
  'create index customers_email on customers (email)',
  'create index cards_number on cards (number)',
  'create view people as select id, name, email, region from customers where region <> \'north\'',
  'create view spending as select c.id, c.name, c.balance, o.total from customers c join orders o on o.customer_id = c.id',
];

export function rows(side: 'left' | 'right'): string[] {
  const secrets = SECRETS[side];
  const customers = Array.from({ length: 12 }, (_, index) => index + 1).map((id) => {
    const secret = (text: string): string => (id % 5 === 0 ? 'NULL' : `'${text}'`);
    return `(${id}, 'name ${id % 9}', ${secret(secrets.email(id))}, '${secrets.ssn(id)}', ${secret(secrets.balance(id))}, ${secret(secrets.born(id))}, '${REGIONS[id % 4]}')`;
  });
  const orders = Array.from({ length: 14 }, (_, index) => `(${index + 1}, ${(index % 13) + 1}, ${index * 5}.50, 'note ${index % 4}', '2026-0${(index % 9) + 1}-01')`);
  const cards = Array.from({ length: 6 }, (_, index) => `(${index + 1}, ${index + 1}, '${secrets.number(index + 1)}')`);
  return [
    `insert into customers values ${customers.join(', ')}`, `insert into orders values ${orders.join(', ')}`,
    `insert into cards values ${cards.join(', ')}`, `insert into notes values (1, 'one'), (2, 'two')`,
  ];
}

/** The same without what is masked: nothing that uses only these needs a mask. */
export const clean = (): Readonly<Record<string, readonly FuzzColumn[]>> => Object.fromEntries(
  Object.entries(RELATIONS).map(([name, columns]) => [name, columns.filter((column) => !SECRET.has(column.name))]),
);

const SECRET: ReadonlySet<string> = new Set(['email', 'ssn', 'balance', 'born', 'number']);

/** Columns that statements of the grammar use. */
export interface FuzzColumn {
  readonly name: string;
  readonly type: 'number' | 'text' | 'date';
}

export const RELATIONS: Readonly<Record<string, readonly FuzzColumn[]>> = {
  customers: [
    { name: 'id', type: 'number' }, { name: 'name', type: 'text' }, { name: 'email', type: 'text' }, { name: 'ssn', type: 'text' },
    { name: 'balance', type: 'number' }, { name: 'born', type: 'date' }, { name: 'region', type: 'text' },
  ],
  orders: [{ name: 'id', type: 'number' }, { name: 'customer_id', type: 'number' }, { name: 'total', type: 'number' }, { name: 'note', type: 'text' }, { name: 'placed', type: 'date' }],
  cards: [{ name: 'id', type: 'number' }, { name: 'customer_id', type: 'number' }, { name: 'number', type: 'text' }],
  people: [{ name: 'id', type: 'number' }, { name: 'name', type: 'text' }, { name: 'email', type: 'text' }, { name: 'region', type: 'text' }],
  spending: [{ name: 'id', type: 'number' }, { name: 'name', type: 'text' }, { name: 'balance', type: 'number' }, { name: 'total', type: 'number' }],
};
