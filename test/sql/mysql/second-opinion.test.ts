/** Two parsers that know nothing of ours: whatever table they see in a statement, our facts have too. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { init, parse } from '@guanmingchiu/sqlparser-ts';
import nodeSqlParser from 'node-sql-parser';
import { beforeAll, describe, expect, it } from 'vitest';
import type { CatalogData } from '../../../src/sql/catalog.ts';
import type { Facts } from '../../../src/sql/facts.ts';
import { createUnderstanding } from '../../../src/sql/mysql/understanding.ts';
import type { MysqlUnderstanding } from '../../../src/sql/mysql/understanding.ts';
import { corpus } from './corpus/words.ts';
import { readHarvest } from './harvest/format.ts';

const HARVEST = join(import.meta.dirname, 'harvest');
const parser = new nodeSqlParser.Parser();

/** Longer ones take node-sql-parser seconds. */
const LONGEST = 1500;

/** What the parsers take for tables and is none: UPDATE IGNORE t, options of SHOW, functions. */
const MISTAKEN = /^(ignore|low_priority|quick|dual|json_table|a|b|using|x)$/i;

/** What neither of them reads as the servers do: comments that are run, backslashes, character sets. */
const MISREAD = /\/\*!|\\'|_gbk|--\S/;

const catalog = (flavour: 'mariadb' | 'mysql'): CatalogData => ({
  serverVersion: flavour === 'mysql' ? 90_100 : 101_119, mysql: { flavour, lowerCaseTableNames: 0, sqlMode: '' },
  relations: [], functions: [], builtins: [], operators: [], types: [], extensions: [],
});

describe.each(['mariadb', 'mysql'] as const)('%s', (flavour) => {
  let understanding: MysqlUnderstanding;
  let texts: readonly string[];

  beforeAll(async () => {
    await init();
    understanding = await createUnderstanding({ catalogSource: { load: () => Promise.resolve(catalog(flavour)) }, database: 'shop' });
    const harvested = readdirSync(join(HARVEST, flavour)).flatMap((file) => readHarvest(readFileSync(join(HARVEST, flavour, file), 'utf8')).map(({ text }) => text));
    const own = corpus(flavour).filter(({ flags }) => !flags.has('ansi') && !flags.has('nobackslash')).map(({ sql }) => sql);
    texts = [...harvested, ...own].filter((text) => text.length < LONGEST && !MISREAD.test(text) && /^\s*(select|insert|replace|update|delete|with|\()/i.test(text));
  });

  it.each([['node-sql-parser', tablesByNode, 300], ['sqlparser', tablesByRust, 300]] as const)('%s sees no table that the facts leave out', async (_, tablesOf, least) => {
    const wrong: string[] = [];
    let seen = 0;
    for (const text of texts) {
      const tables = tablesOf(text);
      if (tables === undefined) continue;
      const facts = await understanding.facts(text);
      if (facts.doubt !== undefined) continue;
      seen++;
      const left = tables.filter((table) => !MISTAKEN.test(table) && !names(facts, table) && !isCte(text, table));
      if (left.length > 0) wrong.push(`${left.join(', ')}: ${text.slice(0, 200)}`);
    }
    expect(wrong).toEqual([]);
    expect(seen).toBeGreaterThan(least);
  });
});

const names = ({ tables }: Facts, table: string): boolean => tables.some(({ name }) => name.slice(name.indexOf('.') + 1).toLowerCase() === table.toLowerCase() || name.toLowerCase() === table.toLowerCase());

const isCte = (text: string, table: string): boolean => new RegExp(`\\b${table.replaceAll(/[^\w]/g, '.')}\`?\\s*(\\([^)]*\\)\\s*)?as\\s*\\(`, 'i').test(text);

/** Undefined when it can't be parsed. */
function tablesByNode(text: string): string[] | undefined {
  try {
    return parser.tableList(text, { database: 'mysql' }).map((entry) => entry.split('::').at(-1) ?? '');
  } catch {
    return undefined;
  }
}

function tablesByRust(text: string): string[] | undefined {
  try {
    return [...tablesIn(parse(text, 'mysql'))];
  } catch {
    return undefined;
  }
}

/** Every `{Table: {name: […]}}` of a tree. */
function* tablesIn(tree: unknown): Generator<string> {
  if (typeof tree !== 'object' || tree === null) return;
  for (const [key, value] of Object.entries(tree)) {
    const name = key === 'Table' && typeof value === 'object' && value !== null ? (value as { name?: unknown }).name : undefined;
    const last: unknown = Array.isArray(name) ? name.at(-1) : undefined;
    const identifier = (last as { Identifier?: { value?: string } } | undefined)?.Identifier?.value;
    if (identifier !== undefined) yield identifier;
    yield* tablesIn(value);
  }
}
