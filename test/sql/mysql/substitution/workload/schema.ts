/** The tables of TPC-H with few rows, made the same each time, and on each of the large ones a column that is masked. */

export const POLICY = `version: 1
default: deny
holds: { approvers: [dba], mode: deferred }
sensitive:
  - { columns: [customer.c_email, supplier.s_tax, orders.o_card, lineitem.l_remark, part.p_formula, nation.n_contact], mask: redact }
rules:
  - { name: all, effects: [read, insert, update, delete, transaction, session, lock, notify], then: allow }
`;

export const TABLES: readonly string[] = [
  'create table region (r_regionkey int primary key, r_name char(25) not null, r_comment varchar(152))',
  'create table nation (n_nationkey int primary key, n_name char(25) not null, n_regionkey int not null, n_comment varchar(152), n_contact varchar(40), key (n_regionkey))',
  'create table supplier (s_suppkey int primary key, s_name char(25) not null, s_address varchar(40), s_nationkey int not null, s_phone char(15), s_acctbal decimal(15,2), s_comment varchar(101), s_tax varchar(20) not null, key (s_nationkey))',
  'create table part (p_partkey int primary key, p_name varchar(55) not null, p_mfgr char(25), p_brand char(10), p_type varchar(25), p_size int, p_container char(10), p_retailprice decimal(15,2), p_comment varchar(23), p_formula text)',
  'create table partsupp (ps_partkey int, ps_suppkey int, ps_availqty int, ps_supplycost decimal(15,2), ps_comment varchar(199), primary key (ps_partkey, ps_suppkey))',
  'create table customer (c_custkey int primary key, c_name varchar(25) not null, c_address varchar(40), c_nationkey int not null, c_phone char(15), c_acctbal decimal(15,2), c_mktsegment char(10), c_comment varchar(117), c_email varchar(80), key (c_nationkey), key by_email (c_email))',
  'create table orders (o_orderkey int primary key, o_custkey int not null, o_orderstatus char(1), o_totalprice decimal(15,2), o_orderdate date, o_orderpriority char(15), o_clerk char(15), o_shippriority int, o_comment varchar(79), o_card varchar(20), key (o_custkey), key (o_card, o_orderstatus))',
  'create table lineitem (l_orderkey int, l_partkey int, l_suppkey int, l_linenumber int, l_quantity decimal(15,2), l_extendedprice decimal(15,2), l_discount decimal(15,2), l_tax decimal(15,2), l_returnflag char(1), l_linestatus char(1), l_shipdate date, l_commitdate date, l_receiptdate date, l_shipinstruct char(25), l_shipmode char(10), l_comment varchar(44), l_remark varchar(60), primary key (l_orderkey, l_linenumber), key (l_partkey, l_suppkey))',
];

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);
const pick = (list: readonly string[], at: number): string => `'${list[at % list.length] ?? ''}'`;
const day = (at: number): string => `'${1993 + (at % 5)}-${String(1 + (at % 12)).padStart(2, '0')}-${String(1 + (at % 28)).padStart(2, '0')}'`;
const insert = (table: string, rows: readonly (readonly (string | number)[])[]): string => `insert into ${table} values ${rows.map((row) => `(${row.join(', ')})`).join(', ')}`;

const REGIONS = ['AFRICA', 'ASIA', 'EUROPE'];
const NATIONS = ['FRANCE', 'GERMANY', 'INDIA', 'KENYA', 'CHINA', 'SPAIN'];

export const ROWS: readonly string[] = [
  insert('region', range(3).map((key) => [key, pick(REGIONS, key - 1), `'r ${key}'`])),
  insert('nation', range(6).map((key) => [key, pick(NATIONS, key - 1), [3, 3, 2, 1, 2, 3][key - 1] ?? 1, `'n ${key}'`, `'contact ${9 - key}'`])),
  insert('supplier', range(5).map((key) => [key, `'Supplier#${key}'`, `'street ${key}'`, 1 + (key % 3), `'1${key}-555'`, 100 * key, key === 4 ? `'Customer x Complaints'` : `'fine'`, `'tax ${900 - key}'`])),
  insert('part', range(12).map((key) => [key, pick(['forest green', 'pale green', 'red'], key), `'M${key % 3}'`, `'Brand#${key % 3}'`, pick(['ECONOMY BRASS', 'PROMO STEEL', 'MEDIUM POLISHED TIN'], key), 1 + (key % 9), pick(['SM CASE', 'MED BOX', 'MED BAG'], key), 10 * key, `'p'`, `'formula ${99 - key}'`])),
  insert('partsupp', range(12).flatMap((part) => range(3).map((key) => [part, 1 + ((part + key) % 5), 40 * key, 5 + key + (part % 4), `'ps'`]))),
  insert('customer', range(12).map((key) => [key, `'Customer#00000000${key}'`, `'road ${key}'`, 1 + (key % 6), `'${pick(['13', '31', '23', '40'], key).slice(1, 3)}-555-${key}'`, key % 5 === 0 ? 'NULL' : key * 90, pick(['BUILDING', 'MACHINERY'], key), `'c ${key}'`, key % 4 === 0 ? 'NULL' : `'mail${50 - key}@example.com'`])),
  insert('orders', range(30).map((key) => [key, 1 + (key % 10), pick(['F', 'O', 'P'], key), key * 37.5, day(key), pick(['1-URGENT', '2-HIGH', '5-LOW'], key), `'Clerk ${key % 3}'`, 0, key % 7 === 0 ? `'special for requests'` : `'o'`, `'4111 ${100 - key}'`])),
  insert('lineitem', range(30).flatMap((order) => range(1 + (order % 4)).map((line) => {
    const at = order + line * 3;
    return [order, 1 + (at % 12), 1 + (at % 5), line, 1 + (at % 30), at * 21.25, (at % 10) / 100, 0.05, pick(['R', 'A', 'N'], at), pick(['O', 'F'], at), day(at), day(at + line), day(at + 2 * line + 1), pick(['DELIVER IN PERSON', 'NONE'], at), pick(['MAIL', 'SHIP', 'AIR'], at), `'l'`, `'remark ${70 - at}'`];
  }))),
];
