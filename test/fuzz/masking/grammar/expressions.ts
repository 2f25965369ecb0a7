/** Values and conditions over the items of FROM. */

import type { Type } from '../relations.ts';
import { Draw, type Item } from './draw.ts';

export abstract class Expressions extends Draw {
  protected abstract from(items: Item[], depth: number): string;
  abstract select(types: readonly Type[] | undefined, depth: number): string;

  expression(type: Type, items: readonly Item[], depth: number): string {
    const { random } = this;
    if (depth <= 0 || random.chance(2)) return random.chance(8) ? this.literal(type) : this.column(items, type);
    if (random.chance(3)) return this.#general(type, items, depth);
    const next = (of: Type): string => this.expression(of, items, depth - 1);
    if (type === 'number') return this.#number(items, next);
    if (type === 'text') return this.#text(next);
    return random.pick([() => next('date'), () => `least(${next('date')}, ${next('date')})`, () => (this.postgres ? `${next('date')} + 1` : `date_add(${next('date')}, interval 1 day)`)])();
  }

  #general(type: Type, items: readonly Item[], depth: number): string {
    const next = (): string => this.expression(type, items, depth - 1);
    return this.random.pick([
      () => `case when ${this.condition(items, depth - 1)} then ${next()} else ${next()} end`,
      () => `coalesce(${next()}, ${next()})`,
      () => `nullif(${next()}, ${next()})`,
      () => `(select ${this.#aggregateOnce(type, depth - 1)})`,
    ])();
  }

  #number(items: readonly Item[], next: (type: Type) => string): string {
    return this.random.pick([
      () => `${next('number')} + ${next('number')}`, () => `${next('number')} * 2`, () => `length(${next('text')})`, () => `1 / ${next('number')}`,
      () => `abs(${next('number')})`, () => `extract(year from ${next('date')})`, () => `sum(${next('number')}) over (partition by ${this.column(items)})`,
      () => `mod(${this.cast('number', next('number'))}, 7)`, () => (this.postgres ? `ascii(${next('text')})` : `ascii(${next('text')})`),
      () => (this.postgres ? `position('a' in ${next('text')})` : `locate('a', ${next('text')})`), () => this.window(next('number'), items),
    ])();
  }

  #text(next: (type: Type) => string): string {
    const { postgres } = this;
    return this.random.pick([
      () => (postgres ? `${next('text')} || ${next('text')}` : `concat(${next('text')}, ${next('text')})`), () => `upper(${next('text')})`,
      () => `substring(${next('text')}, 1, 2)`, () => `replace(${next('text')}, '@', ' ')`, () => this.cast('text', next('number')), () => `reverse(${next('text')})`,
      () => (postgres ? `md5(${next('text')})` : `hex(${next('text')})`), () => `lpad(${next('text')}, 12, '-')`,
      () => (postgres ? `split_part(${next('text')}, '@', 1)` : `substring_index(${next('text')}, '@', 1)`), () => `concat_ws('/', ${next('text')}, ${next('number')}, ${next('date')})`,
    ])();
  }

  /** A window function over a value. */
  window(value: string, items: readonly Item[]): string {
    const { random } = this;
    const call = random.pick([`lag(${value})`, `first_value(${value})`, `last_value(${value})`, 'rank()', 'dense_rank()', 'ntile(3)', `count(${value})`, `max(${value})`]);
    const by = random.chance(2) ? `partition by ${this.column(items)} ` : '';
    const frame = /^(?:first|last|count|max)/.test(call) && random.chance(2) ? ' rows between 1 preceding and current row' : '';
    return `${call} over (${by}order by ${this.column(items)}, ${this.column(items)}${frame})`;
  }

  aggregate(type: Type, items: readonly Item[]): string {
    const { random } = this;
    if (type === 'number') {
      return random.pick([
        'count(*)', `count(${this.column(items)})`, `sum(${this.column(items, 'number')})`, `count(distinct ${this.column(items)})`, `avg(${this.column(items, 'number')})`,
        this.postgres ? `count(*) filter (where ${this.condition(items, 0)})` : `sum(${this.condition(items, 0)})`, `max(length(${this.column(items, 'text')}))`,
      ]);
    }
    if (type === 'text' && random.chance(2)) return this.postgres ? `string_agg(${this.column(items, 'text')}, ','${random.chance(2) ? ` order by ${this.column(items)}` : ''})` : this.groupConcat(items);
    return `${random.pick(['min', 'max'])}(${this.column(items, type)})`;
  }

  /** In an order of its own: without one, MariaDB's depends on where rows lie in memory. */
  groupConcat(items: readonly Item[]): string {
    const column = this.column(items, 'text');
    return `group_concat(${this.random.chance(4) ? 'distinct ' : ''}${column} order by ${column}${this.random.chance(4) ? ` separator ';'` : ''})`;
  }

  #aggregateOnce(type: Type, depth: number): string {
    const items: Item[] = [];
    const from = this.from(items, depth);
    return `${this.random.pick(['min', 'max'])}(${this.column(items, type)}) from ${from}`;
  }

  condition(items: readonly Item[], depth: number): string {
    const { random } = this;
    return depth <= 0 || random.chance(2) ? this.#simple(items, depth) : this.#nested(items, depth);
  }

  #simple(items: readonly Item[], depth: number): string {
    const { random } = this;
    const type = this.type();
    const value = (of: Type = type): string => this.expression(of, items, Math.min(depth, 1));
    return random.pick([
      () => `${value()} ${random.pick(['=', '<>', '<', '>', '<=', '>='])} ${value()}`,
      () => `${this.column(items, type)} = ${this.literal(type)}`,
      () => `${this.column(items)} is ${random.pick(['null', 'not null'])}`,
      () => `${value('text')} like ${random.pick([`'%a%'`, `'a%'`, `'%example'`, `'%*%'`])}`,
      () => `${this.column(items, type)} in (${random.several(1, 3, () => this.literal(type)).join(', ')})`,
      () => `${value('number')} between ${this.literal('number')} and ${this.literal('number')}`,
      () => (this.postgres ? `${value('text')} ~ ${random.pick([`'^a'`, `'[0-9]+@'`, `'x$'`])}` : `${value('text')} rlike ${random.pick([`'^a'`, `'[0-9]+@'`, `'x$'`])}`),
      () => (this.postgres ? `${value()} is distinct from ${value()}` : `${value()} <=> ${value()}`),
    ])();
  }

  #nested(items: readonly Item[], depth: number): string {
    const { random } = this;
    const type = this.type();
    const inner = (): string => this.condition(items, depth - 1);
    return random.pick([
      () => `(${inner()} ${random.pick(['and', 'or'])} ${inner()})`,
      () => `not (${inner()})`,
      () => `exists (${this.correlated(['number'], items, depth - 1)})`,
      () => `${this.column(items, type)} ${random.chance(3) ? 'not ' : ''}in (${this.select([type], depth - 1)})`,
      () => `${this.column(items, type)} ${random.pick(['=', '<', '>='])} ${random.pick(['any', 'all'])} (${this.select([type], depth - 1)})`,
      () => `(${this.column(items, 'text')}, ${this.column(items, 'number')}) = (${this.literal('text')}, ${this.literal('number')})`,
    ])();
  }

  /** A subquery that sees what is around it. */
  protected correlated(types: readonly Type[], outer: readonly Item[], depth: number): string {
    const items: Item[] = [];
    const from = this.from(items, depth);
    const all = [...items, ...outer];
    return `select ${types.map((type, index) => `${this.expression(type, all, depth - 1)} as k${index}`).join(', ')} from ${from} where ${this.condition(all, depth - 1)}`;
  }
}
