/** The tables of TPC-H (specification 3.0, clause 1.4), small, each with a column that agents see only as a mask. */

import { Random } from '../../fuzz/masking/random.ts';

const TABLES: Readonly<Record<string, string>> = {
  region: 'r_regionkey int primary key, r_name char(25) not null, r_comment varchar(152), r_contact varchar(80)',
  nation: 'n_nationkey int primary key, n_name char(25) not null, n_regionkey int not null, n_comment varchar(152), n_contact varchar(80)',
  supplier: 's_suppkey int primary key, s_name char(25) not null, s_address varchar(40) not null, s_nationkey int not null, s_phone char(15) not null, s_acctbal decimal(15,2) not null, s_comment varchar(101) not null, s_iban varchar(40) unique',
  customer: 'c_custkey int primary key, c_name varchar(25) not null, c_address varchar(40) not null, c_nationkey int not null, c_phone char(15) not null, c_acctbal decimal(15,2) not null, c_mktsegment char(10) not null, c_comment varchar(117) not null, c_email varchar(80) not null',
  part: 'p_partkey int primary key, p_name varchar(55) not null, p_mfgr char(25) not null, p_brand char(10) not null, p_type varchar(25) not null, p_size int not null, p_container char(10) not null, p_retailprice decimal(15,2) not null, p_comment varchar(23) not null, p_cost decimal(15,2)',
  partsupp: 'ps_partkey int not null, ps_suppkey int not null, ps_availqty int not null, ps_supplycost decimal(15,2) not null, ps_comment varchar(199) not null, ps_discount int, primary key (ps_partkey, ps_suppkey)',
  orders: 'o_orderkey int primary key, o_custkey int not null, o_orderstatus char(1) not null, o_totalprice decimal(15,2) not null, o_orderdate date not null, o_orderpriority char(15) not null, o_clerk char(15) not null, o_shippriority int not null, o_comment varchar(79) not null, o_card varchar(19)',
  lineitem: 'l_orderkey int not null, l_partkey int not null, l_suppkey int not null, l_linenumber int not null, l_quantity decimal(15,2) not null, l_extendedprice decimal(15,2) not null, l_discount decimal(15,2) not null, l_tax decimal(15,2) not null, l_returnflag char(1) not null, l_linestatus char(1) not null, l_shipdate date not null, l_commitdate date not null, l_receiptdate date not null, l_shipinstruct char(25) not null, l_shipmode char(10) not null, l_comment varchar(44) not null, l_serial varchar(40), primary key (l_orderkey, l_linenumber)',
};

export const MASKED = ['region.r_contact', 'nation.n_contact', 'supplier.s_iban', 'customer.c_email', 'part.p_cost', 'partsupp.ps_discount', 'orders.o_card', 'lineitem.l_serial'];

const REGIONS = ['AFRICA', 'AMERICA', 'ASIA', 'EUROPE', 'MIDDLE EAST'];
const NATIONS = ['ALGERIA', 'ARGENTINA', 'BRAZIL', 'CANADA', 'EGYPT', 'ETHIOPIA', 'FRANCE', 'GERMANY', 'INDIA', 'INDONESIA', 'IRAN', 'IRAQ', 'JAPAN', 'JORDAN', 'KENYA', 'MOROCCO', 'MOZAMBIQUE', 'PERU', 'CHINA', 'ROMANIA', 'SAUDI ARABIA', 'VIETNAM', 'RUSSIA', 'UNITED KINGDOM', 'UNITED STATES'];
const NATION_REGION = [0, 1, 1, 1, 4, 0, 3, 3, 2, 2, 4, 4, 2, 4, 0, 0, 0, 1, 2, 3, 4, 2, 3, 3, 1];
const SEGMENTS = ['AUTOMOBILE', 'BUILDING', 'FURNITURE', 'MACHINERY', 'HOUSEHOLD'];
const PRIORITIES = ['1-URGENT', '2-HIGH', '3-MEDIUM', '4-NOT SPECIFIED', '5-LOW'];
const MODES = ['REG AIR', 'AIR', 'RAIL', 'SHIP', 'TRUCK', 'MAIL', 'FOB'];
const INSTRUCTIONS = ['DELIVER IN PERSON', 'COLLECT COD', 'NONE', 'TAKE BACK RETURN'];
const TYPES = ['ECONOMY ANODIZED STEEL', 'PROMO BURNISHED COPPER', 'STANDARD PLATED BRASS', 'MEDIUM POLISHED TIN', 'LARGE BRUSHED BRASS'];
const CONTAINERS = ['SM CASE', 'MED BOX', 'LG JAR', 'WRAP PKG', 'MED BAG'];
const COLOURS = ['forest', 'green', 'almond', 'blue', 'ivory'];

/** Statements that make and fill the tables. The same each time. */
export function warehouse(): string {
  const generator = new Random(42);
  const random = (): number => generator.number(1_000_000) / 1_000_000;
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const upTo = (most: number): number => 1 + Math.floor(random() * most);
  const money = (most: number): string => (random() * most).toFixed(2);
  const date = (from: number, days: number): string => new Date(from + Math.floor(random() * days) * 86_400_000).toISOString().slice(0, 10);
  const start = Date.UTC(1993, 0, 1);
  const rows: Record<string, unknown[][]> = {
    region: REGIONS.map((name, key) => [key, name, 'of the world', `desk${key}@tpc.example`]),
    nation: NATIONS.map((name, key) => [key, name, NATION_REGION[key], 'a nation', `desk${key}@nation.example`]),
    supplier: many(20, (key) => [key, `Supplier#${key}`, `${key} Side Street`, Math.floor(random() * 25), `${10 + key}-555-${key}`, money(9_999), key % 7 === 0 ? 'Customer slow Complaints' : 'quick', `DE${key}0050`]),
    customer: many(60, (key) => [key, `Customer#${key}`, `${key} Main Street`, Math.floor(random() * 25), `${pick([13, 31, 23, 29, 30, 18, 17, 44])}-555-${key}`, money(9_999), pick(SEGMENTS), 'likes blue', `c${key}@mail.example`]),
    part: many(50, (key) => [key, `${pick(COLOURS)} ${pick(COLOURS)} thing`, `Manufacturer#${1 + key % 5}`, `Brand#${pick([12, 23, 34, 45])}`, pick(TYPES), upTo(50), pick(CONTAINERS), money(1_500), 'a part', money(900)]),
    partsupp: many(150, (n) => [1 + (n - 1) % 50, 1 + ((n - 1) % 50 + Math.floor((n - 1) / 50) * 7) % 20, upTo(9_999), money(1_000), 'in store', upTo(30)]),
    orders: many(300, (key) => [key, upTo(45), pick(['F', 'O', 'P']), money(400_000), date(start, 1_800), pick(PRIORITIES), `Clerk#${upTo(9)}`, 0, key % 11 === 0 ? 'special quick requests' : 'usual', `4111-${key}`]),
    lineitem: many(300, (order) => many(upTo(5), (line) => {
      const shipped = Date.UTC(1993, 0, 1) + Math.floor(random() * 1_900) * 86_400_000;
      return [order, upTo(50), upTo(20), line, upTo(50), money(90_000), (random() * 0.1).toFixed(2), (random() * 0.08).toFixed(2), pick(['A', 'N', 'R']), pick(['O', 'F']), date(shipped, 1), date(shipped, 60), date(shipped + 86_400_000, 60), pick(INSTRUCTIONS), pick(MODES), 'a line', `SN-${order}-${line}`];
    })).flat(),
  };
  return [...Object.entries(TABLES).map(([name, columns]) => `create table ${name} (${columns})`), ...Object.entries(rows).map(([name, all]) => `insert into ${name} values ${all.map((row) => `(${row.map(literal).join(', ')})`).join(', ')}`)].join(';\n');
}

const many = <T>(count: number, make: (n: number) => T): T[] => Array.from({ length: count }, (_, index) => make(index + 1));
const literal = (value: unknown): string => (typeof value === 'number' || /^\d+\.\d\d$/.test(String(value)) ? String(value) : `'${String(value)}'`);
