/** Statements at random over the schema: queries that nest whatever SQL lets nest, and writes beside them. Most are valid; errors are compared, too. */

import type { Random } from './random.ts';
import { type FuzzColumn, type Protocol, RELATIONS } from './schema.ts';

/** One item of FROM. */
interface Item {
  readonly sql: string;
  readonly alias: string;
  readonly columns: readonly FuzzColumn[];
  /** Is it a relation of the database, whose whole rows have a type? */
  readonly base: boolean;
}

type Type = FuzzColumn['type'];

export interface GrammarOptions {
  /** Default: all of the schema, masked columns too. */
  readonly relations?: Readonly<Record<string, readonly FuzzColumn[]>>;
  /** Queries only, that name each column they use. */
  readonly plain?: boolean;
}

export class Grammar {
  readonly #random: Random;
  readonly #protocol: Protocol;
  readonly #relations: Readonly<Record<string, readonly FuzzColumn[]>>;
  readonly #plain: boolean;
  #names = 0;
  #ctes: Item[] = [];

  constructor(random: Random, protocol: Protocol, { relations = RELATIONS, plain = false }: GrammarOptions = {}) {
    this.#random = random;
    this.#protocol = protocol;
    this.#relations = relations;
    this.#plain = plain;
  }

  statement(): string {
    this.#names = 0;
    this.#ctes = [];
    const random = this.#random;
    if (this.#plain) return this.query(3);
    switch (random.number(20)) {
      case 0: return this.#update();
      case 1: return this.#delete();
      case 2: return this.#insert();
      case 3: return this.#explain();
      case 4: return this.#postgres() ? this.#postgresOnly() : this.#mysqlOnly();
      default: return this.query(3);
    }
  }

  /** A whole query, perhaps with WITH and set operations. */
  query(depth: number): string {
    const random = this.#random;
    const before = this.#ctes;
    const withs = depth > 1 && random.chance(5) ? random.several(1, 2, () => this.#cte(depth - 1)) : [];
    const width = 1 + random.number(4);
    const types = Array.from({ length: width }, () => this.#type());
    const set = depth > 1 && random.chance(6);
    const body = set
      ? `${this.#select(types, depth - 1)} ${random.pick(['union', 'union all', 'intersect', 'except'])} ${this.#select(types, depth - 1)}${random.chance(2) ? ` order by ${1 + random.number(width)}` : ''}`
      : this.#select(random.chance(4) ? undefined : types, depth);
    this.#ctes = before;
    return `${withs.length === 0 ? '' : `with ${withs.join(', ')} `}${body}`;
  }

  #postgres(): boolean {
    return this.#protocol === 'postgres';
  }

  #cte(depth: number): string {
    // Now and then named like a table, which it then hides.
    const name = this.#random.chance(8) ? this.#random.pick(['orders', 'notes']) : this.#name('w');
    const types = this.#random.several(1, 3, () => this.#type());
    const columns = types.map((type, index) => ({ name: `k${index}`, type }));
    const sql = `${name} (${columns.map((column) => column.name).join(', ')}) as (${this.#select(types, depth)})`;
    this.#ctes = [...this.#ctes, { sql: name, alias: name, columns, base: false }];
    return sql;
  }

  #name(prefix: string): string {
    return `${prefix}${this.#names++}`;
  }

  #type(): Type {
    return this.#random.pick(['number', 'text', 'text', 'date'] as const);
  }

  /** @param types of its columns; undefined: whatever */
  #select(types: readonly Type[] | undefined, depth: number): string {
    const random = this.#random;
    const items: Item[] = [];
    const from = this.#from(items, depth);
    const grouped = types !== undefined && random.chance(5);
    const keys = grouped ? random.several(1, 2, () => this.#column(items)) : [];
    const list = this.#list(types, items, keys, grouped, depth);
    const where = random.chance(3) ? '' : ` where ${this.#condition(items, depth)}`;
    const group = grouped ? ` group by ${keys.join(', ')}${random.chance(3) ? ` having ${this.#aggregate('number', items)} > ${random.number(3)}` : ''}` : '';
    const distinct = !grouped && random.chance(7) ? 'distinct ' : '';
    return `select ${distinct}${list} from ${from}${where}${group}`;
  }

  #list(types: readonly Type[] | undefined, items: readonly Item[], keys: readonly string[], grouped: boolean, depth: number): string {
    const random = this.#random;
    if (types === undefined) return this.#free(items, depth);
    if (grouped) return types.map((type, index) => `${type === 'text' && random.chance(2) ? this.#cast(type, random.pick(keys)) : this.#aggregate(type, items)} as k${index}`).join(', ');
    return types.map((type, index) => `${this.#expression(type, items, depth)} as k${index}`).join(', ');
  }

  /** Any output at all: stars, whole rows, columns as they are. */
  #free(items: readonly Item[], depth: number): string {
    const random = this.#random;
    const item = random.pick(items);
    switch (this.#plain ? 3 + random.number(3) : random.number(6)) {
      case 0: return '*';
      case 1: return `${item.alias}.*`;
      case 2: return this.#postgres() ? this.#wholeRow(item) : `${item.alias}.*, ${this.#expression('number', items, depth)}`;
      case 3: return `count(*), min(${this.#column(items)}), max(${this.#column(items)})`;
      case 4: return `${this.#column(items)}, ${this.#postgres() ? 'row_number' : 'rank'}() over (order by ${this.#column(items)})`;
      default: return random.several(1, 4, () => this.#column(items)).join(', ');
    }
  }

  #wholeRow({ alias, columns }: Item): string {
    const column = this.#random.pick(columns).name;
    return this.#random.pick([alias, `row_to_json(${alias})`, `to_jsonb(${alias}.*)`, `${alias}::text`, `(${alias}).${column}`, `row(${alias}.*)`, `array_agg(${alias})`, `count(${alias})`, `${alias} is null`, `jsonb_agg(${alias}) -> 0`, `${column}(${alias})`]);
  }

  #from(items: Item[], depth: number): string {
    const random = this.#random;
    let sql = this.#item(items, depth, false);
    for (let count = random.pick([0, 0, 1, 1, 2]); count > 0; count--) {
      const join = random.pick(['join', 'left join', ...(this.#postgres() ? ['full join'] : []), 'right join', 'cross join', ',']);
      const lateral = (join === 'join' || join === ',' || join === 'left join') && random.chance(6);
      const next = this.#item(items, depth, lateral);
      if (join === ',' || join === 'cross join') sql += join === ',' ? `, ${next}` : ` cross join ${next}`;
      else if (!this.#plain && random.chance(8)) sql += ` natural ${join === 'join' || join === 'left join' ? join : 'join'} ${next}`;
      else if (join === 'full join') sql += ` full join ${next} on ${this.#equality(items)}`;
      else sql += ` ${join} ${next} on ${this.#condition(items, 0)}`;
    }
    return sql;
  }

  /** Full joins take no other condition. */
  #equality(items: readonly Item[]): string {
    const type = this.#random.pick(['number', 'text'] as const);
    return `${this.#column(items.slice(0, -1), type)} = ${this.#column(items.slice(-1), type)}`;
  }

  #item(items: Item[], depth: number, lateral: boolean): string {
    const random = this.#random;
    const alias = this.#name('t');
    if (depth > 1 && random.chance(4)) {
      const types = random.several(1, 3, () => this.#type());
      const columns = types.map((type, index) => ({ name: `k${index}`, type }));
      const inner = lateral && this.#postgres() ? this.#correlated(types, items, depth - 1) : this.#select(types, depth - 1);
      items.push({ sql: alias, alias, columns, base: false });
      return `${lateral && this.#postgres() ? 'lateral ' : ''}(${inner}) as ${alias}`;
    }
    if (this.#ctes.length > 0 && random.chance(3)) {
      const cte = random.pick(this.#ctes);
      items.push({ ...cte, alias });
      return `${cte.sql} as ${alias}`;
    }
    const names = Object.keys(this.#relations);
    const name = random.pick(['customers', 'customers', ...names]);
    const columns = this.#relations[name] ?? [];
    const bare = random.chance(4) && !items.some((item) => item.alias === name) && !this.#ctes.some((cte) => cte.sql === name);
    if (bare) {
      items.push({ sql: name, alias: name, columns, base: true });
      return name;
    }
    if (!this.#plain && random.chance(8) && this.#postgres()) {
      const renamed = columns.map((column, index) => ({ ...column, name: `r${index}` }));
      items.push({ sql: name, alias, columns: renamed, base: true });
      return `${name} as ${alias} (${renamed.map((column) => column.name).join(', ')})`;
    }
    items.push({ sql: name, alias, columns, base: true });
    return `${name} ${random.chance(2) ? 'as ' : ''}${alias}`;
  }

  /** A subquery that sees what is around it. */
  #correlated(types: readonly Type[], outer: readonly Item[], depth: number): string {
    const items: Item[] = [];
    const from = this.#from(items, depth);
    const all = [...items, ...outer];
    return `select ${types.map((type, index) => `${this.#expression(type, all, depth - 1)} as k${index}`).join(', ')} from ${from} where ${this.#condition(all, depth - 1)}`;
  }

  #column(items: readonly Item[], type?: Type): string {
    const all = items.flatMap((item) => item.columns.filter((column) => type === undefined || column.type === type).map((column) => `${item.alias}.${column.name}`));
    return all.length === 0 ? this.#literal(type ?? 'number') : this.#random.pick(all);
  }

  #literal(type: Type): string {
    const random = this.#random;
    if (type === 'number') return String(random.pick([0, 1, 2, 5, 10, 100, 1000, 9000.75, 1012.25]));
    if (type === 'date') return random.pick([`date '1970-01-01'`, `date '2000-06-15'`, `date '1955-01-06'`]);
    return random.pick([`'north'`, `'***'`, `'q001@elsewhere.org'`, `'name 1'`, `'q998@elsewhere.org'`, `'%e%'`]);
  }

  #cast(type: Type, sql: string): string {
    const names = this.#postgres() ? { number: 'numeric', text: 'text', date: 'date' } : { number: 'decimal(12,2)', text: 'char(80)', date: 'date' };
    return `cast(${sql} as ${names[type]})`;
  }

  #expression(type: Type, items: readonly Item[], depth: number): string {
    const random = this.#random;
    if (depth <= 0 || random.chance(2)) return random.chance(8) ? this.#literal(type) : this.#column(items, type);
    const next = (of: Type): string => this.#expression(of, items, depth - 1);
    const general = [
      () => `case when ${this.#condition(items, depth - 1)} then ${next(type)} else ${next(type)} end`,
      () => `coalesce(${next(type)}, ${next(type)})`,
      () => `nullif(${next(type)}, ${next(type)})`,
      () => `(select ${this.#aggregateOnce(type, depth - 1)})`,
    ];
    const special: Record<Type, (() => string)[]> = {
      number: [() => `${next('number')} + ${next('number')}`, () => `${next('number')} * 2`, () => `length(${next('text')})`, () => `1 / ${next('number')}`, () => `abs(${next('number')})`, () => `extract(year from ${next('date')})`, () => `sum(${next('number')}) over (partition by ${this.#column(items)})`],
      text: [() => (this.#postgres() ? `${next('text')} || ${next('text')}` : `concat(${next('text')}, ${next('text')})`), () => `upper(${next('text')})`, () => `substring(${next('text')}, 1, 2)`, () => `replace(${next('text')}, '@', ' ')`, () => this.#cast('text', next('number')), () => `reverse(${next('text')})`, () => (this.#postgres() ? `md5(${next('text')})` : `hex(${next('text')})`)],
      date: [() => next('date'), () => `least(${next('date')}, ${next('date')})`],
    };
    return random.chance(3) ? random.pick(general)() : random.pick(special[type])();
  }

  #aggregate(type: Type, items: readonly Item[]): string {
    const random = this.#random;
    if (type === 'number') return random.pick([`count(*)`, `count(${this.#column(items)})`, `sum(${this.#column(items, 'number')})`, `count(distinct ${this.#column(items)})`, `avg(${this.#column(items, 'number')})`]);
    if (type === 'text' && random.chance(2)) return this.#postgres() ? `string_agg(${this.#column(items, 'text')}, ',')` : this.#groupConcat(this.#column(items, 'text'));
    return `${random.pick(['min', 'max'])}(${this.#column(items, type)})`;
  }

  /** In an order of its own: without one, MariaDB's depends on where rows lie in memory. */
  #groupConcat(column: string): string {
    return `group_concat(${column} order by ${column})`;
  }

  #aggregateOnce(type: Type, depth: number): string {
    const items: Item[] = [];
    const from = this.#from(items, depth);
    return `${random(this.#random, ['min', 'max'])}(${this.#column(items, type)}) from ${from}`;
  }

  #condition(items: readonly Item[], depth: number): string {
    const random = this.#random;
    const type = this.#type();
    const value = (of: Type = type): string => this.#expression(of, items, Math.min(depth, 1));
    const simple = [
      () => `${value()} ${random.pick(['=', '<>', '<', '>', '<=', '>='])} ${value()}`,
      () => `${this.#column(items, type)} = ${this.#literal(type)}`,
      () => `${this.#column(items)} is ${random.pick(['null', 'not null'])}`,
      () => `${value('text')} like ${random.pick([`'%a%'`, `'a%'`, `'%example'`, `'%*%'`])}`,
      () => `${this.#column(items, type)} in (${random.several(1, 3, () => this.#literal(type)).join(', ')})`,
      () => `${value('number')} between ${this.#literal('number')} and ${this.#literal('number')}`,
    ];
    if (depth <= 0 || random.chance(2)) return random.pick(simple)();
    const nested = [
      () => `(${this.#condition(items, depth - 1)} ${random.pick(['and', 'or'])} ${this.#condition(items, depth - 1)})`,
      () => `not (${this.#condition(items, depth - 1)})`,
      () => `exists (${this.#correlated(['number'], items, depth - 1)})`,
      () => `${this.#column(items, type)} in (${this.#select([type], depth - 1)})`,
      () => `(${this.#column(items, 'text')}, ${this.#column(items, 'number')}) = (${this.#literal('text')}, ${this.#literal('number')})`,
    ];
    return random.pick(nested)();
  }

  #customers(): readonly Item[] {
    return [{ sql: 'customers', alias: 'customers', columns: (RELATIONS['customers'] ?? []).filter(({ name }) => !['email', 'ssn', 'balance', 'born'].includes(name)), base: true }];
  }

  #update(): string {
    const random = this.#random;
    const set = random.pick([`name = 'x'`, `region = 'west'`, `email = 'new@example.com'`, `balance = 5`, `name = (select max(note) from orders)`, `name = (select min(email) from customers c2)`, `name = email`]);
    const target = random.chance(4) ? this.#everything() : this.#customers();
    return `update customers set ${set} where ${this.#condition(target, 1)}${this.#returning()}`;
  }

  #everything(): readonly Item[] {
    return [{ sql: 'customers', alias: 'customers', columns: RELATIONS['customers'] ?? [], base: true }];
  }

  #delete(): string {
    const random = this.#random;
    if (random.chance(3)) return `delete from orders where customer_id in (${this.#select(['number'], 1)})`;
    return `delete from customers where ${this.#condition(random.chance(4) ? this.#everything() : this.#customers(), 1)}${this.#returning()}`;
  }

  #returning(): string {
    return this.#postgres() && this.#random.chance(2) ? ` returning ${this.#random.pick(['*', 'id, email', 'id', 'email', 'name, ssn, born', 'customers.*', 'upper(email)', 'customers'])}` : '';
  }

  #insert(): string {
    const random = this.#random;
    const id = 1000 + random.number(1000);
    return random.pick([
      () => `insert into notes select id + 5000, name from customers where ${this.#condition(this.#everything(), 1)}`,
      () => `insert into notes select id + 5000, email from customers`,
      () => `insert into customers (id, name, ssn) values (${id}, 'new', '000-00-0000')${this.#returning()}`,
      () => `insert into customers (id, name, ssn) values (${1 + random.number(20)}, 'dup', '000-00-0000')`,
      () => `insert into notes values (${id}, (select max(email) from customers))`,
      () => `insert into customers (id, name, ssn) values (${1 + random.number(30)}, 'dup', '1') ${this.#postgres() ? 'on conflict (id) do update set' : 'on duplicate key update'} name = ${random.pick([`'again'`, 'customers.email', 'customers.name'])}`,
    ])();
  }

  #explain(): string {
    return this.#postgres() ? `explain (costs off) ${this.query(2)}` : `explain ${this.query(2)}`;
  }

  #postgresOnly(): string {
    const random = this.#random;
    return random.pick([
      () => `table customers`,
      () => `select * from only customers where ${this.#condition([{ sql: 'customers', alias: 'customers', columns: RELATIONS['customers'] ?? [], base: true }], 1)}`,
      () => `declare c${this.#name('c')} cursor for ${this.query(2)}`,
      () => `with gone as (delete from orders where id < 5 returning *) select * from gone, customers c where c.id = gone.customer_id`,
      () => `with changed as (update customers set name = 'y' where id < 4 returning *) select ${random.pick(['*', 'email', 'count(*)', 'max(ssn)'])} from changed`,
      () => `select * from customers c where ${this.#condition([{ sql: 'customers', alias: 'c', columns: RELATIONS['customers'] ?? [], base: true }], 1)} for update`,
      () => `select id, name, count(*) from customers group by id`,
      () => `select distinct on (region) * from customers order by region, ${random.pick(['id', 'email', 'balance'])}`,
      () => `select region, count(*) from customers group by rollup (region, ${random.pick(['name', 'born'])})`,
      () => `select * from customers tablesample bernoulli (100) repeatable (1)`,
      () => `with recursive r (n, e) as (select 1, min(email)::text from customers union all select n + 1, e || 'x' from r where n < 4) select * from r`,
      () => `select * from orders o join lateral (select email, ssn from customers c where c.id = o.customer_id) x on true order by o.id`,
      () => `select cast(email as int) from customers`,
      () => `select xmin is null, ctid, * from customers limit 2`,
      () => `values ((select max(email) from customers)), ('x')`,
    ])();
  }

  #mysqlOnly(): string {
    const random = this.#random;
    return random.pick([
      () => `select c.* from (customers c) where c.id < 10`,
      () => `select * from customers use index (primary) where ${this.#condition([{ sql: 'customers', alias: 'customers', columns: RELATIONS['customers'] ?? [], base: true }], 1)}`,
      () => `select * from customers c where c.id < 5 for update`,
      () => `select straight_join * from customers c join orders o on o.customer_id = c.id`,
      () => `select json_arrayagg(email), json_objectagg(id, ssn) from customers`,
      () => `select region, count(*), max(email) from customers group by region with rollup`,
      () => `select email + 0, ssn + 1, balance & 7, email rlike '^a' from customers`,
      () => `update customers c join orders o on o.customer_id = c.id set o.note = 'z' where ${random.pick(['c.id < 4', `c.email like 'a%'`, 'c.region is null'])}`,
      () => `delete o from orders o join customers c on o.customer_id = c.id where ${random.pick(['c.id < 4', 'c.balance > 2000'])}`,
      () => `with recursive r (n, e) as (select 1, cast(min(email) as char(200)) from customers union all select n + 1, concat(e, 'x') from r where n < 4) select * from r`,
      () => `select cast(email as signed) from customers`,
      () => `do (select max(email) from customers)`,
      () => `select (select email from customers) as many`,
    ])();
  }
}

const random = <T>(source: Random, items: readonly T[]): T => source.pick(items);
