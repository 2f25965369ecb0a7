/**
 * The understanding of one MySQL or MariaDB database: catalog, judge and caches behind one question, `facts(text, reading)`.
 *
 * Facts come of the server-exact lexer and of recognisers over its tokens, which see more than what is there rather than less. They
 * take time in proportion to the text (about 0.1 µs a byte), so that no statement needs a thread or a deadline. The parsers that npm has
 * for MySQL would do neither: node-sql-parser takes 0.8 ms for a plain join and doesn't know UPDATE IGNORE.
 */

import type { CatalogData, CatalogSource } from '../catalog.ts';
import { doubtful } from '../doubtful.ts';
import type { Facts, Reading, Understanding } from '../facts.ts';
import { Generations } from '../generations.ts';
import { shaped, shapeOf, unshaped } from '../shape.ts';
import type { Shaped } from '../shape.ts';
import { Judge } from './batch.ts';
import { Readings } from './reading.ts';
import type { MysqlReading } from './reading.ts';

export interface UnderstandingOptions {
  readonly catalogSource: CatalogSource;
  /** The default database of sessions that say nothing else. */
  readonly database?: string;
  /** Longest text that is looked at, bytes of UTF-8. Default 1 MiB. */
  readonly bytes?: number;
}

export interface MysqlUnderstanding extends Understanding {
  /** The same state gives the same object. */
  reading(settings: ReadonlyMap<string, string>): MysqlReading;
  /** Facts made anew, past the caches. */
  factsAnew(text: string, reading?: MysqlReading): Facts;
  facts(text: string, reading?: Reading): Facts;
}

/** Longer texts aren't kept. */
const CACHED_CHARACTERS = 8 * 1024;
const CACHE = { entries: 5000, characters: 4 * 1024 * 1024 };

/** Loads the catalog. Rejects when it can't be loaded. */
export async function createUnderstanding(options: UnderstandingOptions): Promise<MysqlUnderstanding> {
  return new Understander(options, await options.catalogSource.load());
}

/** Facts by text, for one reading. */
interface Cache {
  readonly exact: Generations<Facts>;
  readonly shapes: Generations<Shaped>;
}

class Understander implements MysqlUnderstanding {
  version = 1;
  readonly #source: CatalogSource;
  readonly #bytes: number;
  readonly #database: string | undefined;
  readonly #readings = new Readings();
  #caches = new WeakMap<Reading, Cache>();
  #data: CatalogData;
  #judge: Judge;
  #usual: MysqlReading;
  #refreshing: Promise<void> | undefined;

  constructor(options: UnderstandingOptions, data: CatalogData) {
    this.#source = options.catalogSource;
    this.#bytes = options.bytes ?? 1024 * 1024;
    this.#database = options.database;
    this.#data = data;
    this.#judge = new Judge(data, this.#readings);
    this.#usual = this.#usualReading();
  }

  reading(settings: ReadonlyMap<string, string>): MysqlReading {
    return this.#readings.reading({ sqlMode: settings.get('sql_mode') ?? '', database: settings.get('database') || undefined, charset: settings.get('character_set_client') });
  }

  facts(text: string, reading: Reading = this.#usual): Facts {
    const cache = this.#cache(reading);
    const known = cache.exact.get(text);
    if (known !== undefined) return known;
    const shape = shapeOf(text);
    const alike = shape === undefined ? undefined : cache.shapes.get(shape);
    if (alike !== undefined) return unshaped(alike, text);
    // Readings come from `reading`, of this understanding.
    const facts = this.factsAnew(text, reading as MysqlReading);
    if (text.length <= CACHED_CHARACTERS) keep(cache, text, shape, facts);
    return facts;
  }

  factsAnew(text: string, reading: MysqlReading = this.#usual): Facts {
    const bytes = Buffer.byteLength(text);
    if (bytes > this.#bytes) return doubtful(`The statement has ${bytes} bytes; the limit is ${this.#bytes}.`);
    if (text.includes('\0')) return doubtful('The statement holds a NUL character.');
    if (bytes !== text.length && !text.isWellFormed()) return doubtful('The statement is not well-formed Unicode.');
    return this.#judge.facts(text, reading);
  }

  #cache(reading: Reading): Cache {
    let cache = this.#caches.get(reading);
    if (cache === undefined) this.#caches.set(reading, (cache = { exact: new Generations(CACHE), shapes: new Generations(CACHE) }));
    return cache;
  }

  #usualReading(): MysqlReading {
    return this.#readings.reading({ sqlMode: this.#data.mysql?.sqlMode ?? '', database: this.#database });
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
    this.#judge = new Judge(data, this.#readings);
    this.#usual = this.#usualReading();
    this.#caches = new WeakMap();
    this.version++;
  }

  /** Nothing runs beside the loop. */
  close(): Promise<void> {
    return Promise.resolve();
  }
}

function keep({ exact, shapes }: Cache, text: string, shape: string | undefined, facts: Facts): void {
  const kept = shape === undefined ? undefined : shaped(text, facts);
  if (shape === undefined || kept === undefined) exact.set(text, facts);
  else shapes.set(shape, kept);
}
