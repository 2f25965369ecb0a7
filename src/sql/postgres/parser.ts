/**
 * PostgreSQL's own grammar, compiled to WebAssembly. The package's front door keeps one instance for ever, and an
 * instance whose stack overflowed stays broken: so we hold instances of our own and throw a broken one away.
 */

import { createRequire } from 'node:module';
import type { ParseResult } from 'libpg-query';
import { Failure } from '../../runtime/failure.ts';

/* oxlint-disable no-underscore-dangle -- the names the compiler gave */

/** What we use of the compiled module. Pointers are byte offsets into its memory. */
interface Instance {
  lengthBytesUTF8(text: string): number;
  stringToUTF8(text: string, pointer: number, bytes: number): void;
  UTF8ToString(pointer: number): string;
  getValue(pointer: number, type: 'i32'): number;
  _malloc(bytes: number): number;
  _free(pointer: number): void;
  _wasm_parse_query_raw(query: number): number;
  _wasm_free_parse_result(result: number): void;
}

/** CommonJS, and without types of its own. */
const makeInstance = createRequire(import.meta.url)('libpg-query/wasm/libpg-query.js') as () => Promise<Instance>;

/** Codes: `syntax` the grammar rejects the text; `broken` the parser failed on it; `starting` no instance is ready yet. */
export class ParseFailure extends Failure {}

export class Parser {
  #instance: Instance | undefined;
  #starting: Promise<void> | undefined;

  static async start(): Promise<Parser> {
    const parser = new Parser();
    await parser.ready();
    return parser;
  }

  /** True when `parse` may be called. It stays true unless a parse fails as `broken`. */
  get isReady(): boolean {
    return this.#instance !== undefined;
  }

  /** Resolves when an instance is there; concurrent calls share the start (15-30 ms). */
  async ready(): Promise<void> {
    if (this.#instance !== undefined) return;
    this.#starting ??= this.#start();
    await this.#starting;
  }

  async #start(): Promise<void> {
    this.#instance = await makeInstance();
    this.#starting = undefined;
  }

  /**
   * @param text free of NUL and within the limits; see limits.ts
   * @throws {ParseFailure}
   */
  parse(text: string): ParseResult {
    const instance = this.#instance;
    if (instance === undefined) throw new ParseFailure('starting', 'The parser is starting.');
    // Whatever isn't taken back below is lost: an exception within leaves the instance in an unknown state.
    this.#instance = undefined;
    const result = parseWith(instance, text);
    this.#instance = instance;
    if (typeof result !== 'string') throw result;
    return JSON.parse(result) as ParseResult;
  }
}

/** The tree as JSON, or the grammar's complaint. */
function parseWith(instance: Instance, text: string): string | ParseFailure {
  try {
    return call(instance, text);
  } catch (cause) {
    throw new ParseFailure('broken', 'The parser failed on this text, which is too deeply nested or too long a chain.', { cause });
  }
}

function call(instance: Instance, text: string): string | ParseFailure {
  const bytes = instance.lengthBytesUTF8(text) + 1;
  const query = instance._malloc(bytes);
  instance.stringToUTF8(text, query, bytes);
  const result = instance._wasm_parse_query_raw(query);
  if (query === 0 || result === 0) throw new Error('out of memory');
  const answer = readResult(instance, result);
  instance._free(query);
  instance._wasm_free_parse_result(result);
  return answer;
}

/** struct PgQueryParseResult {char *parse_tree; char *stderr_buffer; PgQueryError *error;}, whose error begins with its message. */
function readResult(instance: Instance, result: number): string | ParseFailure {
  const error = instance.getValue(result + 8, 'i32');
  if (error === 0) return instance.UTF8ToString(instance.getValue(result, 'i32'));
  const message = instance.UTF8ToString(instance.getValue(error, 'i32'));
  if (!isComplaint(message)) throw new Error(message);
  return new ParseFailure('syntax', message);
}

/**
 * Errors that come from running out of something say nothing of the text and may leave the instance unwell. Only the
 * beginning counts: further on a complaint quotes the text.
 */
const isComplaint = (message: string): boolean => !/^(?:out of memory|memory exhausted|stack depth limit|invalid memory alloc|cannot enlarge|statement too complex)/i.test(message);
