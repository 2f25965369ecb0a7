import { hash } from 'node:crypto';
import { decodeUtf8 } from '../framing/reader.ts';
import type { ParameterValue, Statement } from './statement.ts';

/** Larger values are shown and journalled by their hash: nobody reads them, and a 60 MB value would cost several times that in memory. */
const SHOWN_BYTES = 64 * 1024;

/**
 * Parameters as people and the journal see them: text as it came, anything else as `\x` and hex, null as null; over 64 KiB
 * `\sha256 <hex>, <n> bytes`. What an approval is bound to is always the value itself.
 */
export function parameterTexts(values: readonly ParameterValue[]): (string | null)[] {
  return values.map(({ format, bytes }) => {
    if (bytes === null) return null;
    if (bytes.length > SHOWN_BYTES) return `\\sha256 ${hash('sha256', bytes, 'hex')}, ${bytes.length} bytes`;
    return format === 0 ? textOf(bytes) : `\\x${bytes.toString('hex')}`;
  });
}

function textOf(bytes: Buffer): string {
  try {
    return decodeUtf8(bytes);
  } catch {
    return `\\x${bytes.toString('hex')}`;
  }
}

/** One statement: its text. Several that run together: each with its number and parameters, in order. */
export function transcript(statements: readonly Statement[]): string {
  const [only] = statements;
  if (only !== undefined && statements.length === 1) return only.source.text;
  return statements.map((statement, index) => {
    const parameters = statement.parameters.length === 0 ? '' : `\n-- parameters: ${JSON.stringify(parameterTexts(statement.parameters))}`;
    return `-- statement ${index + 1} of ${statements.length}\n${statement.source.text}${parameters}`;
  }).join('\n\n');
}
