/** Columns in expressions. */

import type { Use } from '../../../masking/substitution.ts';
import { nameOf } from '../cursor.ts';
import { HARMLESS } from '../harmless.ts';
import { SENSITIVE } from '../sensitive.ts';
import { isIdentifier, isSymbol, isWord } from '../tokens.ts';
import { NO_CALL, SIZED_TYPES } from '../words.ts';
import type { Flow } from './flow.ts';
import { everyOrigin } from './origins.ts';
import type { Origin } from './origins.ts';
import type { ColumnName, Scope } from './scope.ts';
import type { Region } from './tree.ts';

/** Functions whose value comes of several rows. */
const OF_ROWS: ReadonlySet<string> = new Set(`any_value avg bit_and bit_or bit_xor count cume_dist dense_rank first_value group_concat grouping json_arrayagg json_objectagg lag last_value lead max
  median min nth_value ntile percent_rank percentile_cont percentile_disc rank row_number st_collect std stddev stddev_pop stddev_samp sum var_pop var_samp variance`.split(/\s+/));

interface Column extends ColumnName {
  readonly end: number;
}

type Mode = Extract<Use, 'filtered' | 'derived' | 'copied'>;

export class Expressions {
  readonly #flow: Flow;
  readonly #flavour: 'mysql' | 'mariadb';
  /** Within ON DUPLICATE KEY UPDATE, where VALUES(column) is what would be inserted. */
  inserts = false;

  constructor(flow: Flow, flavour: 'mysql' | 'mariadb') {
    this.#flow = flow;
    this.#flavour = flavour;
  }

  /**
   * Every column in the region. What is `derived` is only given back: whether it is shown depends on where the value goes.
   * @returns those that its value depends on
   */
  walk({ from, to }: Region, scope: Scope, mode: Mode, because?: string): Set<Origin> {
    const found = new Set<Origin>();
    const take = (origins: Iterable<Origin>): void => {
      const list = [...origins];
      if (mode !== 'derived') this.#flow.host.use(list, mode, because);
      for (const origin of list) found.add(origin);
    };
    const { tokens } = this.#flow.outline;
    for (let at = from; at < to; at++) {
      if (isSymbol(tokens[at], '(')) {
        const close = this.#parenthesis(at, scope, mode, because, take);
        if (close !== undefined) at = close;
        continue;
      }
      const column = this.columnAt(at, to);
      if (column === undefined) continue;
      const origins = scope.find(column);
      if (origins.size > 0 && this.#isNullTest(at, column.end, from, to)) this.#flow.host.use(origins, 'null_test');
      else take(origins);
      at = column.end - 1;
    }
    return found;
  }

  /** Undefined when what is within is a part of the expression around. */
  #parenthesis(open: number, scope: Scope, mode: Mode, because: string | undefined, take: (origins: Iterable<Origin>) => void): number | undefined {
    const { outline } = this.#flow;
    const query = outline.queryIn(open);
    const before = outline.tokens[open - 1];
    if (this.inserts && query === undefined && isWord(before, 'VALUES', 'VALUE')) return outline.closing(open);
    if (query !== undefined) {
      const shape = this.#flow.query(query, scope);
      // What EXISTS selects is never looked at.
      if (!isWord(before, 'EXISTS')) take(everyOrigin(shape));
      if (isWord(before, 'IN', 'ANY', 'SOME', 'ALL')) this.#flow.host.use(everyOrigin(shape), 'filtered', 'is compared with a query\'s rows');
      return outline.closing(open);
    }
    const combines = this.#combines(open);
    if (combines === undefined) return undefined;
    const inner: Mode = mode === 'copied' ? 'copied' : 'filtered';
    const inside = this.walk({ from: open + 1, to: outline.closing(open) }, scope, inner, mode === 'copied' ? because : combines);
    if (inner === 'copied') this.#flow.host.use(inside, 'filtered', combines);
    take(inside);
    return outline.closing(open);
  }

  /** Why what is in the parentheses combines rows. */
  #combines(open: number): string | undefined {
    const { tokens } = this.#flow.outline;
    const [before, second] = [tokens[open - 1], tokens[open - 2]];
    if (isWord(before, 'OVER')) return 'orders a window';
    if (isWord(before, 'GROUP') && isWord(second, 'WITHIN')) return 'orders the rows of an aggregate';
    if (isWord(before, 'AGAINST') || isWord(before, 'MATCH')) return 'is searched by MATCH';
    if (!isIdentifier(before)) return undefined;
    const name = nameOf(before).toLowerCase();
    if (isSymbol(second, '.')) return this.#foreign();
    if (OF_ROWS.has(name)) return `is aggregated by ${name}`;
    if (before.kind === 'word' && (NO_CALL.has(before.text) || SIZED_TYPES.has(before.text) || OPERATOR_WORDS.has(before.text))) return undefined;
    return HARMLESS[this.#flavour].has(name) || SENSITIVE.has(name) ? undefined : this.#foreign();
  }

  #foreign(): string {
    this.#flow.host.call();
    return 'goes into a function that isn\'t built in';
  }

  /** A column's name with its qualifiers. Undefined for anything else. */
  columnAt(from: number, to: number): Column | undefined {
    const { tokens } = this.#flow.outline;
    const parts: string[] = [];
    let at = from;
    if (isSymbol(tokens[at - 1], '@@') || isSymbol(tokens[at - 1], '.')) return undefined;
    if (isSymbol(tokens[at], '.')) at++;
    for (; at < to && isIdentifier(tokens[at]) && parts.length < 3; at += 2) {
      const token = tokens[at];
      if (isIdentifier(token)) parts.push(nameOf(token));
      if (!isSymbol(tokens[at + 1], '.') || !isIdentifier(tokens[at + 2])) {
        at++;
        break;
      }
    }
    const name = parts.at(-1);
    if (name === undefined || (parts.length === 1 && isSymbol(tokens[at], '('))) return undefined;
    return { qualifier: parts.at(-2), name, end: at };
  }

  /** `column IS [NOT] NULL` and nothing else, or ISNULL(column). */
  #isNullTest(at: number, end: number, from: number, to: number): boolean {
    const { tokens } = this.#flow.outline;
    const before = at === from ? undefined : tokens[at - 1];
    if (isSymbol(before, '(') && isWord(tokens[at - 2], 'ISNULL') && isSymbol(tokens[end], ')')) return true;
    if (!isWord(tokens[end], 'IS')) return false;
    const last = isWord(tokens[end + 1], 'NOT') ? end + 2 : end + 1;
    if (!isWord(tokens[last], 'NULL')) return false;
    const begins = before === undefined || isSymbol(before, '(') || isSymbol(before, ',') || isWord(before, 'AND', 'OR', 'XOR', 'NOT', 'WHEN', 'THEN', 'ELSE', 'ON', 'WHERE', 'HAVING', 'BY', 'SELECT');
    const after = last + 1 >= to ? undefined : tokens[last + 1];
    const ends = after === undefined || isSymbol(after, ')') || isSymbol(after, ',') || isWord(after, 'AND', 'OR', 'XOR', 'THEN', 'ELSE', 'WHEN', 'END', 'ASC', 'DESC');
    return begins && ends;
  }
}

const OPERATOR_WORDS: ReadonlySet<string> = new Set(['DIV', 'MOD', 'LIKE', 'REGEXP', 'RLIKE', 'SOUNDS', 'EXISTS', 'ANY', 'SOME', 'ALL', 'XOR', 'AND', 'OR', 'NOT', 'IN', 'BETWEEN', 'CASE', 'WHEN', 'THEN', 'ELSE', 'BINARY', 'OF', 'ESCAPE', 'SEPARATOR', 'MEMBER']);
