import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml';
import type { Document, Node, Scalar } from 'yaml';
import type { Problem } from './problems.ts';
import { offsetInScalar } from './scalar.ts';

export type Path = readonly PropertyKey[];

/** A larger file is a mistake or an attack. Characters. */
const MAX_CHARACTERS = 1_048_576;

/** Repeated uses of anchors, counted as the parser counts them (nested ones multiply). */
const MAX_ALIASES = 100;

/**
 * A YAML file as plain data that still knows where everything stands.
 * Duplicate keys, unknown tags, `%YAML 1.1` (whose `no` is false and whose `<<` merges), more than one
 * document and excessive aliases are problems; with any problem `value` is undefined.
 */
export class YamlSource {
  readonly file: string;
  readonly problems: readonly Problem[];
  /** Plain objects, arrays and scalars. */
  readonly value: unknown;
  readonly #document: Document.Parsed | undefined;
  readonly #lines = new LineCounter();
  readonly #text: string;

  constructor(file: string, text: string) {
    this.file = file;
    this.#text = text;
    const problems: Problem[] = [];
    this.problems = problems;
    if (text.length > MAX_CHARACTERS) {
      problems.push(this.problem(0, `the file has ${text.length} characters, more than the ${MAX_CHARACTERS} that are read`));
      return;
    }
    const document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false, stringKeys: true, uniqueKeys: true, version: '1.2', merge: false });
    this.#document = document;
    for (const error of [...document.errors, ...document.warnings]) problems.push(this.problem(error.pos[0], sentence(error.message)));
    if (document.directives.yaml.version !== '1.2') problems.push(this.problem(0, 'only YAML 1.2 is read; remove the %YAML directive'));
    visit(document, {
      // Schema libraries drop this key silently.
      Pair: (_, { key }) => void (isScalar(key) && key.value === '__proto__' && problems.push(this.problem(key.range?.[0] ?? 0, '"__proto__" can\'t be a key'))),
    });
    if (problems.length > 0) return;
    try {
      this.value = document.toJS({ maxAliasCount: MAX_ALIASES }) as unknown;
    } catch (error) {
      problems.push(this.problem(0, `aliases can't be resolved: ${(error as Error).message}`));
    }
  }

  /** A problem at the value that the path leads to, or at the deepest part of the path that exists. */
  at(path: Path, message: string): Problem {
    return this.problem(this.#nodeAt(path)?.range?.[0] ?? 0, message);
  }

  /** A problem at the key itself, for keys that shouldn't be there. */
  atKey(path: Path, key: string, message: string): Problem {
    const map = this.#nodeAt(path);
    const pair = isMap(map) ? map.items.find((item) => isScalar(item.key) && item.key.value === key) : undefined;
    const start = pair !== undefined && isScalar(pair.key) ? pair.key.range?.[0] : map?.range?.[0];
    return this.problem(start ?? 0, message);
  }

  /** A problem inside a string value: `offset` counts UTF-16 units of the decoded string. */
  inside(path: Path, offset: number, message: string): Problem {
    const node = this.#nodeAt(path);
    if (!isScalar(node)) return this.at(path, message);
    return this.problem(offsetInScalar(this.#text, node as Scalar.Parsed, offset), message);
  }

  /** Line of the value that the path leads to, from 1. */
  line(path: Path): number {
    return this.at(path, '').line;
  }

  problem(offset: number, message: string): Problem {
    const place = this.#lines.linePos(offset);
    return { file: this.file, line: Math.max(1, place.line), column: Math.max(1, place.col), message };
  }

  #nodeAt(path: Path): Node | undefined {
    let node = this.#resolve(this.#document?.contents);
    for (const step of path) {
      const next = this.#resolve(child(node, step));
      if (next === undefined) return node;
      node = next;
    }
    return node;
  }

  #resolve(node: unknown): Node | undefined {
    if (this.#document !== undefined && isAlias(node)) return node.resolve(this.#document) ?? node;
    return isMap(node) || isSeq(node) || isScalar(node) ? node : undefined;
  }
}

function child(node: Node | undefined, step: PropertyKey): unknown {
  if (isMap(node)) return node.items.find((item) => isScalar(item.key) && item.key.value === step)?.value;
  if (isSeq(node) && typeof step === 'number') return node.items[step];
  return undefined;
}

function sentence(message: string): string {
  return message.split('\n', 1)[0]?.replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase()) ?? message;
}
