import { decodeUtf8 } from '../framing/reader.ts';
import type { ParameterValue, Statement } from './statement.ts';

/** Parameters as people and the journal see them: text as it came, anything else as `\x` and hex, null as null. */
export function parameterTexts(values: readonly ParameterValue[]): (string | null)[] {
  return values.map(({ format, bytes }) => (bytes === null ? null : format === 0 ? textOf(bytes) : `\\x${bytes.toString('hex')}`));
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
