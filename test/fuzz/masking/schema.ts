/** Two databases that differ in nothing but the values of masked columns, for either protocol. */

import { type FuzzColumn, MASKED, type Protocol } from './relations.ts';

interface Secrets {
  readonly email: (id: number) => string;
  readonly ssn: (id: number) => string;
  readonly balance: (id: number) => string;
  readonly born: (id: number) => string;
  readonly number: (id: number) => string;
  readonly iban: (id: number) => string;
}

const digits = (value: number, width: number): string => String(value).padStart(width, '0').slice(-width);

/** The same lengths everywhere, and NULL in the same places: where NULL stands is no secret. Orders, equalities and signs differ. */
export const SECRETS: Readonly<Record<'left' | 'right', Secrets>> = {
  left: {
    email: (id) => `a${digits(id, 3)}@left0.example`, ssn: (id) => `${digits(id * 7, 3)}-11-${digits(id, 4)}`, balance: (id) => `${1000 + id * 3}.25`,
    born: (id) => `19${digits(50 + (id % 50), 2)}-01-${digits(1 + (id % 28), 2)}`, number: (id) => `4111${digits(id * 97, 12)}`, iban: (id) => `GQLEFT${digits(id * 31, 10)}`,
  },
  right: {
    email: (id) => `z${digits(999 - (id % 3), 3)}@right.example`, ssn: (id) => `${digits(id % 2, 3)}-22-${digits(9999 - id, 4)}`, balance: (id) => `${9000 - (id % 4) * 1000}.75`,
    born: (id) => `20${digits(id % 20, 2)}-12-${digits(28 - (id % 28), 2)}`, number: () => `5500${digits(7, 12)}`, iban: (id) => `${digits(99 - (id % 2), 2)}RGHT${digits(77, 10)}`,
  },
};

const REGIONS = ['north', 'south', 'east', 'west'];

/** The second schema: on MySQL a database of its own. */
export const OTHER = 'archive';

export function tables(protocol: Protocol): string[] {
  const postgres = protocol === 'postgres';
  return [
    'create table customers (id int primary key, name varchar(40) not null, email varchar(80), ssn char(11) not null, balance numeric(10,2), born date, region varchar(20))',
    'create table orders (id int primary key, customer_id int, total numeric(10,2), note varchar(40), placed date)',
    'create table cards (id int primary key, customer_id int not null, number varchar(20) not null)',
    'create table notes (id int primary key, body varchar(200))',
    // Generated columns: of a masked one, which the policy names or doesn't, and of another.
    `create table accounts (id int primary key, customer_id int not null, iban varchar(30), bank varchar(10) generated always as (${postgres ? 'substr(iban, 1, 6)::varchar(10)' : 'substr(iban, 1, 6)'}) stored, tail varchar(4) generated always as (${postgres ? 'right(iban, 4)::varchar(4)' : 'right(iban, 4)'}) stored, slot int generated always as (customer_id % 4) stored)`,
    'create table events (id int not null, customer_id int, token varchar(40), kind varchar(10), primary key (id)) partition by range '
      + (postgres ? '(id)' : '(id) (partition events_low values less than (8), partition events_high values less than maxvalue)'),
    ...(postgres ? [
      'create table events_low partition of events for values from (minvalue) to (8)', 'create table events_high partition of events for values from (8) to (maxvalue)',
      'create table staff (id int primary key, name varchar(40), badge varchar(20))', 'create table managers (grade int) inherits (staff)',
    ] : []),
    ...typed(postgres),
    'create index orders_customer on orders (customer_id)',
    'create index customers_email on customers (email)',
    'create index cards_number on cards (number)',
    'create view people as select id, name, email, region from customers where region <> \'north\'',
    'create view spending as select c.id, c.name, c.balance, o.total from customers c join orders o on o.customer_id = c.id',
    'create view contacts as select id, upper(name) as name, email from people where id > 2',
    'create view ledger as select o.id, o.total, o.note from orders o where o.total > 10',
    postgres ? `create schema ${OTHER}` : `create database ${OTHER}`,
    `create table ${OTHER}.customers (id int primary key, name varchar(40) not null, email varchar(80), region varchar(20))`,
    `create table ${OTHER}.orders (id int primary key, customer_id int, total numeric(10,2), note varchar(40))`,
  ];
}

/** Masked columns of types that no expression of the grammar is made for. */
function typed(postgres: boolean): string[] {
  if (!postgres) return ['create table vault (id int primary key, label varchar(20), doc json, secret varbinary(20), stamp datetime, flag tinyint, code double)'];
  return ['create table vault (id int primary key, label varchar(20), doc jsonb, secret bytea, stamp timestamptz, flag boolean, code uuid, marks int[])'];
}

export function rows(side: 'left' | 'right', protocol: Protocol): string[] {
  const secrets = SECRETS[side];
  const twelve = Array.from({ length: 12 }, (_, index) => index + 1);
  const secret = (id: number, text: string): string => (id % 5 === 0 ? 'NULL' : `'${text}'`);
  const customers = twelve.map((id) => `(${id}, 'name ${id % 9}', ${secret(id, secrets.email(id))}, '${secrets.ssn(id)}', ${secret(id, secrets.balance(id))}, ${secret(id, secrets.born(id))}, '${REGIONS[id % 4]}')`);
  const orders = Array.from({ length: 14 }, (_, index) => `(${index + 1}, ${(index % 13) + 1}, ${index * 5}.50, 'note ${index % 4}', '2026-0${(index % 9) + 1}-01')`);
  const values = <T>(ids: readonly T[], row: (id: T) => string): string => ids.map(row).join(', ');
  const six = twelve.slice(0, 6);
  const postgres = protocol === 'postgres';
  return [
    `insert into customers values ${customers.join(', ')}`, `insert into orders values ${orders.join(', ')}`,
    `insert into cards values ${values(six, (id) => `(${id}, ${id}, '${secrets.number(id)}')`)}`, `insert into notes values (1, 'one'), (2, 'two')`,
    `insert into accounts (id, customer_id, iban) values ${values(six, (id) => `(${id}, ${13 - id}, ${secret(id, secrets.iban(id))})`)}`,
    `insert into events values ${values(twelve, (id) => `(${id}, ${(id % 7) + 1}, ${secret(id, secrets.iban(id))}, 'kind ${id % 3}')`)}`,
    ...(postgres ? [
      `insert into staff values ${values([1, 2, 3], (id) => `(${id}, 'name ${id}', '${secrets.number(id)}')`)}`, `insert into managers values ${values([4, 5], (id) => `(${id}, 'name ${id}', '${secrets.number(id)}', ${id})`)}`,
    ] : []),
    `insert into vault values ${values([1, 2, 3, 4, 5], (id) => vault(id, secrets, postgres))}`,
    `insert into ${OTHER}.customers values ${values([1, 2, 3, 4], (id) => `(${id}, 'old ${id}', '${secrets.email(id)}', '${REGIONS[id % 4]}')`)}`,
    `insert into ${OTHER}.orders values ${values([1, 2, 3], (id) => `(${id}, ${id}, ${id}.25, 'old note')`)}`,
  ];
}

function vault(id: number, secrets: Secrets, postgres: boolean): string {
  const doc = `{"mail": "${secrets.email(id)}", "n": ${secrets.balance(id)}}`;
  const [amount = '0'] = secrets.balance(id).split('.');
  const stamp = `${secrets.born(id)} 10:00:00`;
  const flag = Number(amount) % 2;
  if (!postgres) return `(${id}, 'label ${id}', '${doc}', '${secrets.ssn(id)}', '${stamp}', ${flag}, ${secrets.balance(id)})`;
  const uuid = `00000000-0000-0000-0000-${digits(Number(amount), 12)}`;
  return `(${id}, 'label ${id}', '${doc}', '${secrets.ssn(id)}', '${stamp}', ${flag === 1}, '${uuid}', '{${amount},${id}}')`;
}

/** The same without what is masked: nothing that uses only these needs a mask. */
export const clean = (relations: Readonly<Record<string, readonly FuzzColumn[]>>): Readonly<Record<string, readonly FuzzColumn[]>> => Object.fromEntries(
  Object.entries(relations).map(([name, columns]) => [name, columns.filter((column) => MASKED[name]?.includes(column.name) !== true)]),
);
