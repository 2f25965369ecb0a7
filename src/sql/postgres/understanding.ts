/** The understanding of one PostgreSQL database: catalog, parser and caches behind one question, `facts(text)`. */

import { Catalog } from '../catalog.ts';
import type { CatalogData, CatalogSource } from '../catalog.ts';
import type { Facts, Understanding } from '../facts.ts';
import { doubtful, Judge } from './batch.ts';
import { DEFAULT_LIMITS, measure } from './limits.ts';
import type { Limits } from './limits.ts';
import { Parser } from './parser.ts';

export interface UnderstandingOptions {
  readonly catalogSource: CatalogSource;
  readonly limits?: Partial<Limits>;
}

/** Loads the catalog and the parser. Rejects when the catalog can't be loaded. */
export async function createUnderstanding(options: UnderstandingOptions): Promise<Understanding> {
  const [parser, data] = await Promise.all([Parser.start(), options.catalogSource.load()]);
  return new PostgresUnderstanding(options, parser, data);
}

class PostgresUnderstanding implements Understanding {
  version = 1;
  readonly #source: CatalogSource;
  readonly #limits: Limits;
  readonly #parser: Parser;
  #data: CatalogData;
  #judge: Judge;
  #refreshing: Promise<void> | undefined;

  constructor(options: UnderstandingOptions, parser: Parser, data: CatalogData) {
    this.#source = options.catalogSource;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#parser = parser;
    this.#data = data;
    this.#judge = new Judge(parser, new Catalog(data));
  }

  facts(text: string): Facts | Promise<Facts> {
    const measured = measure(text, this.#limits);
    if (typeof measured === 'string') return doubtful(measured);
    if (this.#parser.isReady) return this.#judge.facts(text, measured);
    return this.#parser.ready().then(() => this.#judge.facts(text, measured));
  }

  refresh(): Promise<void> {
    this.#refreshing ??= this.#reload().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #reload(): Promise<void> {
    const data = await this.#source.load();
    if (JSON.stringify(data) === JSON.stringify(this.#data)) return;
    this.#data = data;
    this.#judge = new Judge(this.#parser, new Catalog(data));
    this.version++;
  }
}
