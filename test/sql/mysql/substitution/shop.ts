/** A shop with something masked, as a catalog by hand and as statements that make it on a server. */

import type { MaskedColumn, MaskedRelation } from '../../../../src/masking/sight.ts';
import { Sight } from '../../../../src/masking/sight.ts';
import type { CatalogData, ColumnData, RelationData } from '../../../../src/sql/catalog.ts';

export const SHOP: readonly string[] = [
  'DROP DATABASE IF EXISTS shop', 'DROP DATABASE IF EXISTS archive',
  'CREATE DATABASE shop CHARACTER SET utf8mb4', 'CREATE DATABASE archive CHARACTER SET utf8mb4', 'USE shop',
  'CREATE TABLE customers (id int PRIMARY KEY, name varchar(40), email varchar(80), ssn char(11) NOT NULL, balance decimal(10,2), born date, FULLTEXT KEY words (name), KEY by_email (email))',
  'CREATE TABLE orders (id int PRIMARY KEY, customer_id int, total decimal(10,2), note varchar(80), KEY by_customer (customer_id))',
  'CREATE TABLE parted (id int PRIMARY KEY, secret varchar(20)) PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN (100))',
  'CREATE TABLE `Mixed Case` (id int, `Odd ``Name` int, `Secret` varchar(20))',
  'CREATE TABLE archive.customers (id int PRIMARY KEY, name varchar(40), email varchar(80))',
  'CREATE TABLE copies (id int, note varchar(80))',
  'CREATE VIEW names AS SELECT id, name FROM customers', 'CREATE VIEW contacts AS SELECT id, name, email FROM customers',
  'CREATE VIEW rich AS SELECT id FROM customers WHERE balance > 1000', 'CREATE VIEW shown AS SELECT id, upper(email) AS mail FROM customers',
  "INSERT INTO customers VALUES (1,'Ann','ann@example.com','111-11-1111',10.50,'1980-01-01'),(2,'Bob',NULL,'222-22-2222',2000,NULL),(3,'Cy','cy@example.com','333-33-3333',NULL,'1990-05-05'),(4,'Dee','dee@example.org','444-44-4444',0,'2000-02-29')",
  "INSERT INTO orders VALUES (1,1,5,'a'),(2,1,7,'ann@example.com'),(3,2,9,NULL),(4,9,1,'d')", "INSERT INTO parted VALUES (1,'x'),(11,'y')", "INSERT INTO `Mixed Case` VALUES (1,2,'z')",
  "INSERT INTO archive.customers VALUES (1,'Old','old@example.com')",
];

/** Other values of all that is masked, NULL where it was NULL. */
export const OTHERS: readonly string[] = [
  "UPDATE shop.customers SET email = IF(email IS NULL, NULL, CONCAT('q', id, '@other.test')), ssn = CONCAT('9', id, '9-99-9999'), balance = IF(balance IS NULL, NULL, 77 - id), born = IF(born IS NULL, NULL, DATE_ADD('1950-01-01', INTERVAL id DAY))",
  "UPDATE shop.parted SET secret = CONCAT('s', id)", "UPDATE shop.`Mixed Case` SET `Secret` = 'other'",
];

const column = (number: number, name: string, type: string, more: Partial<ColumnData> = {}): ColumnData => ({ name, number, type, ...more });
const relation = (schema: string, name: string, columns: readonly ColumnData[], more: Partial<RelationData> = {}): RelationData => ({ schema, name, oid: 0, kind: 'r', columns, children: [], system: false, ...more });

const CUSTOMERS = [column(1, 'id', 'int', { notNull: true }), column(2, 'name', 'varchar(40)'), column(3, 'email', 'varchar(80)'), column(4, 'ssn', 'char(11)', { notNull: true }), column(5, 'balance', 'decimal(10,2)'), column(6, 'born', 'date')];
const view = (name: string, columns: readonly string[], definition: string): RelationData => relation('shop', name, columns.map((each, index) => column(index + 1, each, 'int')), { kind: 'v', definition });

export function catalog(flavour: 'mysql' | 'mariadb', folding = 0): CatalogData {
  return {
    serverVersion: flavour === 'mysql' ? 90_704 : 101_119,
    mysql: { flavour, lowerCaseTableNames: folding, sqlMode: '' },
    relations: [
      relation('archive', 'customers', CUSTOMERS.slice(0, 3)),
      relation('shop', 'Mixed Case', [column(1, 'id', 'int'), column(2, 'Odd `Name', 'int'), column(3, 'Secret', 'varchar(20)')]),
      relation('shop', 'copies', [column(1, 'id', 'int'), column(2, 'note', 'varchar(80)')]),
      relation('shop', 'customers', CUSTOMERS, { primaryKey: ['id'], indexes: [{ name: 'by_email', columns: ['email'] }, { name: 'by_name', columns: ['name'] }] }),
      relation('shop', 'hiding', [column(1, 'id', 'int'), column(2, 'unseen', 'int', { hidden: true }), column(3, 'secret', 'varchar(20)')]),
      relation('shop', 'orders', [column(1, 'id', 'int'), column(2, 'customer_id', 'int'), column(3, 'total', 'decimal(10,2)'), column(4, 'note', 'varchar(80)')]),
      relation('shop', 'parted', [column(1, 'id', 'int'), column(2, 'secret', 'varchar(20)')]),
      view('names', ['id', 'name'], 'select `shop`.`customers`.`id` AS `id`,`shop`.`customers`.`name` AS `name` from `shop`.`customers`'),
      view('contacts', ['id', 'name', 'email'], 'select `shop`.`customers`.`id` AS `id`,`shop`.`customers`.`name` AS `name`,`shop`.`customers`.`email` AS `email` from `shop`.`customers`'),
      view('rich', ['id'], 'select `shop`.`customers`.`id` AS `id` from `shop`.`customers` where (`shop`.`customers`.`balance` > 1000)'),
      view('shown', ['id', 'mail'], 'select `shop`.`customers`.`id` AS `id`,upper(`shop`.`customers`.`email`) AS `mail` from `shop`.`customers`'),
    ],
    functions: [], builtins: [], operators: [], types: [], extensions: [],
  };
}

/** By type, so that results keep their types, and with the column's own collation, so that they are compared as it is. */
const MASKS: Readonly<Record<string, readonly string[]>> = {
  'varchar(80)': ['IF(', " IS NULL, NULL, CONCAT('***', LEFT(", ', 0)))'],
  'varchar(20)': ['IF(', " IS NULL, NULL, CONCAT('***', LEFT(", ', 0)))'],
  'char(11)': ['IF(', " IS NULL, NULL, CONCAT('***-**-****', LEFT(", ', 0)))'],
  'decimal(10,2)': ['IF(', ' IS NULL, NULL, CAST(0 AS DECIMAL(10,2)))'],
  'date': ['IF(', " IS NULL, NULL, CAST('1970-01-01' AS DATE))"],
};

const masked = (name: string, number: number, type: string, filtered: MaskedColumn['filtered']): MaskedColumn => ({ name, number, type, mask: 'redact', sql: MASKS[type] ?? [], hideNulls: false, filtered, derived: 'mask', copied: 'hold' });

/** @param contacts is the view that shows an address in it? */
export function sight(filtered: MaskedColumn['filtered'] = 'equality', { contacts = true } = {}): Sight {
  const relations: MaskedRelation[] = [
    { schema: 'shop', name: 'customers', oid: 0, columns: [masked('email', 3, 'varchar(80)', filtered), masked('ssn', 4, 'char(11)', filtered), masked('balance', 5, 'decimal(10,2)', filtered), masked('born', 6, 'date', filtered)] },
    { schema: 'shop', name: 'parted', oid: 0, columns: [masked('secret', 2, 'varchar(20)', filtered)] },
    { schema: 'shop', name: 'Mixed Case', oid: 0, columns: [masked('Secret', 3, 'varchar(20)', filtered)] },
    { schema: 'shop', name: 'hiding', oid: 0, columns: [masked('secret', 3, 'varchar(20)', filtered)] },
    ...(contacts ? [{ schema: 'shop', name: 'contacts', oid: 0, columns: [masked('email', 3, 'varchar(80)', filtered)] }] : []),
  ];
  return new Sight({ key: `${filtered} ${contacts}`, relations });
}
