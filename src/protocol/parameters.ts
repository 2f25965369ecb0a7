import { hash } from 'node:crypto';
import { decodeUtf8 } from '../framing/reader.ts';
import type { ParameterValue, Statement } from './statement.ts';

/** Larger values are shown and journalled by their hash: nobody reads them, and a 60 MB value would cost several times that in memory. */
const SHOWN_BYTES = 64 * 1024;

/** How what is shown of a value tells its bytes: as UTF-8, as hex behind `\x`, or by their hash. */
export type Encoding = 'text' | 'hex' | 'sha256' | 'null';

/** Stands for a value too large to be kept. */
export interface HashedValue {
  /** Hex. */
  readonly sha256: string;
  /** Bytes. */
  readonly length: number;
}

/**
 * Parameters as people and the journal see them: text as it came, anything else as `\x` and hex, null as null; over 64 KiB
 * `\sha256 <hex>, <n> bytes`. What an approval is bound to is always the value itself, or that hash of it.
 */
export function parameterTexts(values: readonly ParameterValue[]): (string | null)[] {
  return values.map((value) => shown(value)[1]);
}

/** Of each, how `parameterTexts` shows it: a text that looks like hex is told from hex by nothing else. */
export function encodings(values: readonly ParameterValue[]): Encoding[] {
  // A large one need not be hashed for it.
  return values.map((value) => (isLarge(value.bytes) ? 'sha256' : shown(value)[0]));
}

const isLarge = (bytes: Buffer | null): boolean => bytes !== null && bytes.length > SHOWN_BYTES;

function shown({ format, bytes }: ParameterValue): [Encoding, string | null] {
  if (bytes === null) return ['null', null];
  if (isLarge(bytes)) return ['sha256', `\\sha256 ${hash('sha256', bytes, 'hex')}, ${bytes.length} bytes`];
  const text = format === 0 ? textOf(bytes) : undefined;
  return text === undefined ? ['hex', `\\x${bytes.toString('hex')}`] : ['text', text];
}

function textOf(bytes: Buffer): string | undefined {
  try {
    return decodeUtf8(bytes);
  } catch {
    return undefined;
  }
}

/** The bytes again, or their hash; undefined when it isn't shown in that way. */
export function shownValue(encoding: Encoding, shown: string | null): Buffer | HashedValue | null | undefined {
  if (shown === null) return encoding === 'null' ? null : undefined;
  if (encoding === 'text') return Buffer.from(shown, 'utf8');
  if (encoding === 'hex') return /^\\x(?:[0-9a-f]{2})*$/.test(shown) ? Buffer.from(shown.slice(2), 'hex') : undefined;
  const match = encoding === 'sha256' ? /^\\sha256 ([0-9a-f]{64}), (\d+) bytes$/.exec(shown) : null;
  return match === null ? undefined : { sha256: match[1] ?? '', length: Number(match[2]) };
}

const BETWEEN = '\n\n';

/** One statement: its text. Several that run together: each with its number and parameters, in order. */
export function transcript(statements: readonly Statement[]): string {
  const [only] = statements;
  if (only !== undefined && statements.length === 1) return only.source.text;
  return statements.map((statement, index) => `${heading(index, statements.length)}${statement.source.text}${footing(statement)}`).join(BETWEEN);
}

/** Where in the transcript of several statements the text of each stands, UTF-16 units. */
export function places(statements: readonly Statement[]): (readonly [from: number, to: number])[] {
  let end = -BETWEEN.length;
  return statements.map((statement, index) => {
    const from = end + BETWEEN.length + heading(index, statements.length).length;
    const to = from + statement.source.text.length;
    end = to + footing(statement).length;
    return [from, to] as const;
  });
}

const heading = (index: number, count: number): string => `-- statement ${index + 1} of ${count}\n`;

function footing({ parameters }: Statement): string {
  return parameters.length === 0 ? '' : `\n-- parameters: ${JSON.stringify(parameterTexts(parameters))}`;
}
