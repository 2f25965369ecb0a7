/** The understanding of one PostgreSQL database: catalog, parser and caches behind one question, `facts(text)`. */

import type { ViewLineage } from '../../masking/exposure.ts';
import type { Sight } from '../../masking/sight.ts';
import type { Substitution } from '../../masking/substitution.ts';
import { systemClock } from '../../runtime/clock.ts';
import type { Clock } from '../../runtime/clock.ts';
import { Catalog } from '../catalog.ts';
import type { CatalogData, CatalogSource, RelationData } from '../catalog.ts';
import type { Facts, Reading, Understanding } from '../facts.ts';
import { doubtful } from '../doubtful.ts';
import { Judge } from './batch.ts';
import { Generations } from '../generations.ts';
import { JudgeProcess } from '../judge-process.ts';
import type { PostgresContext } from './worker.ts';
import { lineage } from './substitution/lineage.ts';
import { Substituter } from './substitution/substituter.ts';
import { DEFAULT_LIMITS, measure } from './limits.ts';
import type { Limits, Measure } from './limits.ts';
import { Parser } from './parser.ts';
import { Readings, type PostgresReading } from './reading.ts';
import { shaped, shapeOf, unshaped } from '../shape.ts';
import type { Shaped } from '../shape.ts';

export interface UnderstandingOptions {
  readonly catalogSource: CatalogSource;
  readonly limits?: Partial<Limits>;
  /** Deadline of a big statement, in the worker. Default 2 s. */
  readonly parseMs?: number;
  readonly clock?: Clock;
}

/** Ends with the thread that it may have started. */
export interface PostgresUnderstanding extends Understanding {
  /** Facts made anew, past the caches. */
  factsAnew(text: string): Facts | Promise<Facts>;
  close(): Promise<void>;
}

/** From here on a statement is understood in the worker: parser and walk take some 2 µs a byte, several times that for long chains. */
const BIG_BYTES = 4 * 1024;
const BIG_DEPTH = 200;

/** A short text may still be much work, over thousands of partitions: about 10 ms of it are done here. */
const WORK = 100_000;

/** Longer texts aren't kept. */
const CACHED_CHARACTERS = 8 * 1024;
const CACHE = { entries: 5000, characters: 4 * 1024 * 1024 };

/** Compiled code keeps its extension; sources are run as they are. */
const PROGRAM = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url);

/** Loads the catalog and the parser. Rejects when the catalog can't be loaded. */
export async function createUnderstanding(options: UnderstandingOptions): Promise<PostgresUnderstanding> {
  const [parser, data] = await Promise.all([Parser.start(), options.catalogSource.load()]);
  return new Understander(options, parser, data);
}

class Understander implements PostgresUnderstanding {
  version = 1;
  readonly #source: CatalogSource;
  readonly #limits: Limits;
  readonly #parser: Parser;
  readonly #process: JudgeProcess<PostgresContext>;
  readonly #readings = new Readings();
  readonly #exact = new Generations<Facts>(CACHE);
  readonly #shapes = new Generations<Shaped>(CACHE);
  #data: CatalogData;
  #catalog: Catalog;
  #judge: Judge;
  #substituter: Substituter;
  /** Of the catalog's views; worked out when it is first asked for. */
  #lineage: ReturnType<typeof lineage> | undefined;
  #refreshing: Promise<void> | undefined;

  constructor(options: UnderstandingOptions, parser: Parser, data: CatalogData) {
    this.#source = options.catalogSource;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#parser = parser;
    this.#data = data;
    this.#catalog = new Catalog(data);
    this.#judge = new Judge(parser, this.#catalog, WORK);
    this.#substituter = new Substituter(parser, this.#catalog);
    this.#process = new JudgeProcess(PROGRAM, data, options.parseMs ?? 2000, options.clock ?? systemClock);
  }

  get catalog(): CatalogData {
    return this.#data;
  }

  reading(settings: ReadonlyMap<string, string>): PostgresReading {
    return this.#readings.reading(settings, this.#data);
  }

  shows({ schema, name }: RelationData): ViewLineage | undefined {
    this.#lineage ??= lineage(this.#catalog, this.#parser);
    const shown = this.#lineage.get(`${schema}.${name}`);
    return shown === undefined || shown.rows === 'unknown' ? undefined : { columns: shown.columns, filters: shown.rows };
  }

  substitute(text: string, reading: Reading | undefined, sight: Sight): Substitution | Promise<Substitution> {
    // Readings come from `reading`, of this understanding.
    const path = (reading as PostgresReading | undefined)?.path;
    const bytes = Buffer.byteLength(text);
    if (bytes > BIG_BYTES && bytes <= this.#limits.bytes) return this.#process.substitution(text, this.#context(path), sight.data);
    const measured = measure(text, this.#limits);
    if (typeof measured === 'string') return { edits: [], uses: [], obstacle: measured };
    if (measured.depth > BIG_DEPTH) return this.#process.substitution(text, this.#context(path), sight.data);
    if (!this.#parser.isReady) return this.#parser.ready().then(() => this.#substituter.substitute(text, path, sight));
    return this.#substituter.substitute(text, path, sight);
  }

  #context(path?: readonly string[]): PostgresContext {
    return { limits: this.#limits, path };
  }

  facts(text: string): Facts | Promise<Facts> {
    const known = this.#exact.get(text);
    if (known !== undefined) return known;
    const shape = shapeOf(text);
    const alike = shape === undefined ? undefined : this.#shapes.get(shape);
    if (alike !== undefined) return unshaped(alike, text);
    const facts = this.factsAnew(text);
    if (!(facts instanceof Promise)) this.#keep(text, shape, facts);
    return facts;
  }

  factsAnew(text: string): Facts | Promise<Facts> {
    const bytes = Buffer.byteLength(text);
    // Even to measure a big text takes too long here.
    if (bytes > BIG_BYTES && bytes <= this.#limits.bytes) return this.#elsewhere(text);
    const measured = measure(text, this.#limits);
    if (typeof measured === 'string') return doubtful(measured);
    if (measured.depth > BIG_DEPTH) return this.#elsewhere(text);
    if (!this.#parser.isReady) return this.#later(text, measured);
    return this.#judge.facts(text, measured) ?? this.#elsewhere(text);
  }

  /** In the worker; again when the catalog changed meanwhile, so that the facts are those of the version that the caller sees. */
  async #elsewhere(text: string): Promise<Facts> {
    for (let attempt = 0; attempt < 3; attempt++) {
      const { version } = this;
      const facts = await this.#process.facts(text, this.#context());
      if (this.version === version) return facts;
    }
    return doubtful('The catalog changed again and again while the statement was being understood.');
  }

  /** A parse broke the parser and the next one is on its way. */
  async #later(text: string, measured: Measure): Promise<Facts> {
    await this.#parser.ready();
    return this.#judge.facts(text, measured) ?? this.#elsewhere(text);
  }

  /** A doubt that came of a broken parser is left to be tried again. */
  #keep(text: string, shape: string | undefined, facts: Facts): void {
    if (text.length > CACHED_CHARACTERS || !this.#parser.isReady) return;
    const kept = shape === undefined ? undefined : shaped(text, facts);
    if (shape === undefined || kept === undefined) this.#exact.set(text, facts);
    else this.#shapes.set(shape, kept);
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
    this.#catalog = new Catalog(data);
    this.#judge = new Judge(this.#parser, this.#catalog, WORK);
    this.#substituter = new Substituter(this.#parser, this.#catalog);
    this.#lineage = undefined;
    this.#process.useCatalog(data);
    this.#exact.clear();
    this.#shapes.clear();
    this.version++;
  }

  close(): Promise<void> {
    return this.#process.close();
  }
}
