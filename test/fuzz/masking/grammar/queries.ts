/** Queries that nest whatever SQL lets nest. Most are valid; errors are compared, too. */

import type { Type } from '../relations.ts';
import { inOrder, type Item, numbered } from './draw.ts';
import { Expressions } from './expressions.ts';
import type { Step } from './script.ts';

export class Queries extends Expressions {
  /** A whole query, perhaps with WITH, set operations and an order. */
  query(depth: number): string {
    const { random } = this;
    const before = this.ctes;
    const withs = depth > 1 && random.chance(5) ? random.several(1, 2, () => this.#cte(depth - 1)) : [];
    const types = random.several(1, 4, () => this.type());
    const set = depth > 1 && random.chance(6);
    const order = random.chance(2) ? ` order by ${1 + random.number(types.length)}` : '';
    const body = set
      ? `${this.select(types, depth - 1)} ${random.pick(['union', 'union all', 'intersect', 'except'])} ${this.select(types, depth - 1)}${order}`
      : this.select(random.chance(4) ? undefined : types, depth);
    this.ctes = before;
    return `${withs.length === 0 ? '' : `with ${withs.join(', ')} `}${body}`;
  }

  /** Prepared by the protocol's own messages, with literals as parameters. */
  prepared(make: () => string = () => this.query(2)): Step {
    const { random } = this;
    const { text, parameters } = this.collect(make);
    const [binary, limit] = [random.chance(2), random.pick([0, 0, 1, 3])];
    if (this.postgres) return { how: 'prepared', text: numbered(text), parameters, binary, limit };
    return { how: 'prepared', ...inOrder(text, parameters), binary, limit };
  }

  #cte(depth: number): string {
    const { random } = this;
    // Now and then named like a table, which it then hides.
    const name = random.chance(8) ? random.pick(['orders', 'notes']) : this.name('w');
    const types = random.several(1, 3, () => this.type());
    const columns = types.map((type, index) => ({ name: `k${index}`, type }));
    const hint = this.postgres && random.chance(4) ? random.pick(['materialized ', 'not materialized ']) : '';
    const sql = `${name} (${columns.map((column) => column.name).join(', ')}) as ${hint}(${this.select(types, depth)})`;
    this.ctes = [...this.ctes, { sql: name, alias: name, columns, base: false }];
    return sql;
  }

  /** @param types of its columns; undefined: whatever */
  select(types: readonly Type[] | undefined, depth: number): string {
    const { random } = this;
    const items: Item[] = [];
    const from = this.from(items, depth);
    const grouped = types !== undefined && random.chance(5);
    const keys = grouped ? random.several(1, 2, () => this.column(items)) : [];
    const list = this.#list(types, items, keys, grouped, depth);
    const where = random.chance(3) ? '' : ` where ${this.condition(items, depth)}`;
    const having = random.chance(3) ? ` having ${this.aggregate('number', items)} > ${random.number(3)}` : '';
    const group = grouped ? ` group by ${this.#keys(keys)}${having}` : '';
    const distinct = !grouped && random.chance(7) ? 'distinct ' : '';
    return `select ${distinct}${list} from ${from}${where}${group}`;
  }

  #keys(keys: readonly string[]): string {
    const { random } = this;
    const all = keys.join(', ');
    if (!random.chance(5)) return all;
    return this.postgres ? random.pick([`rollup (${all})`, `cube (${all})`, `grouping sets ((${all}), (${keys[0] ?? ''}), ())`]) : `${all} with rollup`;
  }

  #list(types: readonly Type[] | undefined, items: readonly Item[], keys: readonly string[], grouped: boolean, depth: number): string {
    const { random } = this;
    if (types === undefined) return this.#free(items, depth);
    if (grouped) return types.map((type, index) => `${type === 'text' && random.chance(2) ? this.cast(type, random.pick(keys)) : this.aggregate(type, items)} as k${index}`).join(', ');
    return types.map((type, index) => `${this.expression(type, items, depth)} as k${index}`).join(', ');
  }

  /** Any output at all: stars, whole rows, columns as they are. */
  #free(items: readonly Item[], depth: number): string {
    const { random } = this;
    const item = random.pick(items);
    switch (this.plain ? 3 + random.number(3) : random.number(6)) {
      case 0: return '*';
      case 1: return `${item.alias}.*`;
      case 2: return this.postgres ? this.#wholeRow(item) : `${item.alias}.*, ${this.expression('number', items, depth)}`;
      case 3: return `count(*), min(${this.column(items)}), max(${this.column(items)})`;
      case 4: return `${this.column(items)}, ${this.postgres ? 'row_number' : 'rank'}() over (order by ${this.column(items)})`;
      default: return random.several(1, 4, () => this.column(items)).join(', ');
    }
  }

  #wholeRow({ alias, columns }: Item): string {
    const column = this.random.pick(columns).name;
    return this.random.pick([
      alias, `row_to_json(${alias})`, `to_jsonb(${alias}.*)`, `${alias}::text`, `(${alias}).${column}`, `row(${alias}.*)`, `array_agg(${alias})`, `count(${alias})`, `${alias} is null`,
      `jsonb_agg(${alias}) -> 0`, `${column}(${alias})`, `hashtext(${alias}::text)`, `jsonb_each_text(to_jsonb(${alias}))`, `md5(${alias}.*::text)`, `${alias} = ${alias}`,
    ]);
  }

  protected from(items: Item[], depth: number): string {
    const { random } = this;
    let sql = this.#item(items, depth, false);
    for (let count = random.pick([0, 0, 1, 1, 2]); count > 0; count--) {
      const join = random.pick(['join', 'left join', ...(this.postgres ? ['full join'] : []), 'right join', 'cross join', ',']);
      const lateral = (join === 'join' || join === ',' || join === 'left join') && random.chance(6);
      const before = [...items];
      const next = this.#item(items, depth, lateral);
      sql += this.#joined(join, next, before, items);
    }
    return sql;
  }

  #joined(join: string, next: string, before: readonly Item[], items: readonly Item[]): string {
    const { random } = this;
    if (join === ',') return `, ${next}`;
    if (join === 'cross join') return ` cross join ${next}`;
    if (!this.plain && random.chance(8)) return ` natural ${join === 'full join' ? 'join' : join} ${next}`;
    const shared = before.at(-1)?.columns.filter(({ name, type }) => items.at(-1)?.columns.some((column) => column.name === name && column.type === type)) ?? [];
    if (before.length === 1 && shared.length > 0 && random.chance(6)) return ` ${join} ${next} using (${random.pick(shared).name})`;
    return ` ${join} ${next} on ${join === 'full join' ? this.#equality(items) : this.condition(items, 0)}`;
  }

  /** Full joins take no other condition. */
  #equality(items: readonly Item[]): string {
    const type = this.random.pick(['number', 'text'] as const);
    return `${this.column(items.slice(0, -1), type)} = ${this.column(items.slice(-1), type)}`;
  }

  #item(items: Item[], depth: number, lateral: boolean): string {
    const { random } = this;
    const alias = this.name('t');
    if (depth > 1 && random.chance(4)) return this.#derived(items, alias, depth, lateral);
    if (this.ctes.length > 0 && random.chance(3)) {
      const cte = random.pick(this.ctes);
      items.push({ ...cte, alias });
      return `${cte.sql} as ${alias}`;
    }
    const names = Object.keys(this.relations);
    const name = random.pick(['customers' in this.relations ? 'customers' : 'orders', ...names]);
    const columns = this.relations[name] ?? [];
    const bare = random.chance(4) && !name.includes('.') && !items.some((item) => item.alias === name) && !this.ctes.some((cte) => cte.sql === name);
    if (bare) {
      items.push({ sql: name, alias: name, columns, base: true });
      return name;
    }
    if (!this.plain && random.chance(8) && this.postgres) {
      const renamed = columns.map((column, index) => ({ ...column, name: `r${index}` }));
      items.push({ sql: name, alias, columns: renamed, base: true });
      return `${name} as ${alias} (${renamed.map((column) => column.name).join(', ')})`;
    }
    items.push({ sql: name, alias, columns, base: true });
    return `${name} ${random.chance(2) ? 'as ' : ''}${alias}`;
  }

  #derived(items: Item[], alias: string, depth: number, lateral: boolean): string {
    const types = this.random.several(1, 3, () => this.type());
    const columns = types.map((type, index) => ({ name: `k${index}`, type }));
    const seesLeft = lateral && this.postgres;
    const inner = seesLeft ? this.correlated(types, items, depth - 1) : this.select(types, depth - 1);
    // By all of them: which of equal rows a limit leaves is the server's choice.
    const order = this.random.chance(5) ? ` order by ${types.map((_, index) => index + 1).join(', ')}${this.random.chance(2) ? ' limit 3' : ''}` : '';
    items.push({ sql: alias, alias, columns, base: false });
    return `${seesLeft ? 'lateral ' : ''}(${inner}${order}) as ${alias}`;
  }
}
