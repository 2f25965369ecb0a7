/**
 * The understanding of one MySQL or MariaDB database: catalog, judge and caches behind one question, `facts(text, reading)`.
 *
 * Facts come of the server-exact lexer and of recognisers over its tokens, which see more than what is there rather than less. They
 * take time in proportion to the text, some 0.3 µs a byte. The parsers that npm has for MySQL read queries and changes of rows a second time
 * (second-reading.ts) and may only object: they take 0.4 ms and more, one is exponential, and neither knows all that the servers take.
 */

import type { ViewLineage } from '../../masking/exposure.ts';
import type { Sight } from '../../masking/sight.ts';
import type { Substitution } from '../../masking/substitution.ts';
import { systemClock } from '../../runtime/clock.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { CatalogData, CatalogSource, RelationData } from '../catalog.ts';
import { doubtful } from '../doubtful.ts';
import type { Facts, Reading, Understanding } from '../facts.ts';
import { Generations } from '../generations.ts';
import { JudgeProcess } from '../judge-process.ts';
import { shaped, shapeOf, unshaped } from '../shape.ts';
import type { Shaped } from '../shape.ts';
import { Judge } from './batch.ts';
import { sentBytes } from './raw-bytes.ts';
import { Readings } from './reading.ts';
import type { MysqlReading, SessionState } from './reading.ts';
import { loadParsers, ON_LOOP, SecondReading } from './second-reading.ts';
import { lineage } from './substitution/lineage.ts';
import { Substituter } from './substitution/substituter.ts';

export interface UnderstandingOptions {
  readonly catalogSource: CatalogSource;
  /** The default database of sessions that say nothing else. */
  readonly database?: string;
  /** Longest text that is looked at, bytes as sent. Default 1 MiB. */
  readonly bytes?: number;
  /** Deadline of a big statement, in the worker. Default 2 s. */
  readonly parseMs?: number;
  readonly clock?: Clock;
}

export interface MysqlUnderstanding extends Understanding {
  /** The same state gives the same object. @param state in words, or as the server reports it: see Understanding.reading */
  reading(state: SessionState | ReadonlyMap<string, string>): MysqlReading;
  /** Facts made anew, past the caches. */
  factsAnew(text: string, reading?: MysqlReading): Facts | Promise<Facts>;
}

/** From here on a text is understood in the worker: it takes the loop some 5 ms. Characters. */
const BIG = 16 * 1024;

/** Compiled code keeps its extension; sources are run as they are. The thread loads the flavour's parsers before it is ready. */
const program = (flavour: string): URL => new URL(`${import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js'}?flavour=${flavour}`, import.meta.url);

/** Longer texts aren't kept. */
const CACHED_CHARACTERS = 8 * 1024;
const CACHE = { entries: 5000, characters: 4 * 1024 * 1024 };

/** Loads the catalog. Rejects when it can't be loaded. */
export async function createUnderstanding(options: UnderstandingOptions): Promise<MysqlUnderstanding> {
  const data = await options.catalogSource.load();
  const parsers = await loadParsers(data.mysql?.flavour ?? 'mysql');
  return new Understander(options, data, new SecondReading(parsers, ON_LOOP));
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
  readonly #process: JudgeProcess<MysqlReading>;
  readonly #readings = new Readings();
  readonly #second: SecondReading;
  #caches = new WeakMap<Reading, Cache>();
  #data: CatalogData;
  #judge: Judge;
  #substituter: Substituter;
  /** Of the catalog's views; worked out when it is first asked for. */
  #lineage: ReturnType<typeof lineage> | undefined;
  #usual: MysqlReading;
  #refreshing: Promise<void> | undefined;

  constructor(options: UnderstandingOptions, data: CatalogData, second: SecondReading) {
    this.#second = second;
    this.#source = options.catalogSource;
    this.#bytes = options.bytes ?? 1024 * 1024;
    this.#database = options.database;
    this.#data = data;
    this.#judge = new Judge(data, this.#readings, this.#second);
    this.#substituter = new Substituter(data, this.#readings, this.#second);
    this.#process = new JudgeProcess(program(data.mysql?.flavour ?? 'mysql'), data, options.parseMs ?? 2000, options.clock ?? systemClock);
    this.#usual = this.#usualReading();
  }

  get catalog(): CatalogData {
    return this.#data;
  }

  shows({ schema, name }: RelationData): ViewLineage | undefined {
    this.#lineage ??= lineage(this.#data, this.#readings);
    const shown = this.#lineage.get(`${schema}.${name}`);
    return shown === undefined || shown.rows === 'unknown' ? undefined : { columns: new Map(shown.columns.map(({ name: column, of }) => [column, of])), filters: shown.rows };
  }

  substitute(text: string, reading: Reading = this.#usual, sight: Sight): Substitution | Promise<Substitution> {
    const bytes = sentBytes(text);
    const obstacle = this.#unreadable(text, bytes);
    if (obstacle !== undefined) return { edits: [], uses: [], obstacle };
    // Readings come from `reading`, of this understanding.
    if (text.length > BIG) return this.#process.substitution(text, reading as MysqlReading, sight.data);
    return this.#substituter.substitute(text, reading as MysqlReading, sight);
  }

  reading(state: SessionState | ReadonlyMap<string, string>): MysqlReading {
    if ('sqlMode' in state) return this.#readings.reading(state);
    return this.#readings.reading({ sqlMode: state.get('sql_mode'), database: state.get('database') || undefined, charset: state.get('character_set_client') ?? 'unknown' });
  }

  facts(text: string, reading: Reading = this.#usual): Facts | Promise<Facts> {
    const cache = this.#cache(reading);
    const known = cache.exact.get(text);
    if (known !== undefined) return known;
    const shape = shapeOf(text);
    const alike = shape === undefined ? undefined : cache.shapes.get(shape);
    if (alike !== undefined) return unshaped(alike, text);
    // Readings come from `reading`, of this understanding.
    const facts = this.factsAnew(text, reading as MysqlReading);
    if (!(facts instanceof Promise) && text.length <= CACHED_CHARACTERS) keep(cache, text, shape, facts);
    return facts;
  }

  factsAnew(text: string, reading: MysqlReading = this.#usual): Facts | Promise<Facts> {
    const doubt = this.#unreadable(text, sentBytes(text));
    if (doubt !== undefined) return doubtful(doubt);
    return text.length > BIG ? this.#elsewhere(text, reading) : this.#judge.facts(text, reading);
  }

  /** Why the text isn't looked at. */
  #unreadable(text: string, bytes: number): string | undefined {
    if (bytes > this.#bytes) return `The statement has ${bytes} bytes; the limit is ${this.#bytes}.`;
    if (text.includes('\0')) return 'The statement holds a NUL character.';
    return bytes !== text.length && !text.isWellFormed() ? 'The statement is not well-formed Unicode.' : undefined;
  }

  /** In the worker; again when the catalog changed meanwhile, so that the facts are those of the version that the caller sees. */
  async #elsewhere(text: string, reading: MysqlReading): Promise<Facts> {
    for (let attempt = 0; attempt < 3; attempt++) {
      const { version } = this;
      const facts = await this.#process.facts(text, reading);
      if (this.version === version) return facts;
    }
    return doubtful('The catalog changed again and again while the statement was being understood.');
  }

  #cache(reading: Reading): Cache {
    let cache = this.#caches.get(reading);
    if (cache === undefined) this.#caches.set(reading, (cache = { exact: new Generations(CACHE), shapes: new Generations(CACHE) }));
    return cache;
  }

  #usualReading(): MysqlReading {
    return this.#readings.reading({ sqlMode: this.#data.mysql?.sqlMode, database: this.#database });
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
    this.#judge = new Judge(data, this.#readings, this.#second);
    this.#substituter = new Substituter(data, this.#readings, this.#second);
    this.#lineage = undefined;
    this.#process.useCatalog(data);
    this.#usual = this.#usualReading();
    this.#caches = new WeakMap();
    this.version++;
  }

  close(): Promise<void> {
    return this.#process.close();
  }
}

function keep({ exact, shapes }: Cache, text: string, shape: string | undefined, facts: Facts): void {
  const kept = shape === undefined ? undefined : shaped(text, facts);
  if (shape === undefined || kept === undefined) exact.set(text, facts);
  else shapes.set(shape, kept);
}
