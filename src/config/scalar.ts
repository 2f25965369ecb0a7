import type { Scalar } from 'yaml';

/**
 * Where the `offset`-th character of a decoded YAML string stands in the file.
 * Exact for one-line plain and single-quoted strings and for literal blocks (`|`); for double-quoted strings until the first
 * escape; else (folded text) the start of the string.
 */
export function offsetInScalar(text: string, node: Scalar.Parsed, offset: number): number {
  const [start, end] = node.range;
  const source = text.slice(start, end);
  const oneLine = !source.includes('\n');
  if (node.type === 'PLAIN' && oneLine) return start + offset;
  if (node.type === 'QUOTE_SINGLE' && oneLine) return start + 1 + quotedOffset(source.slice(1), offset);
  if (node.type === 'QUOTE_DOUBLE' && !/[\\\n]/.test(source.slice(0, offset + 2))) return start + 1 + offset;
  if (node.type === 'BLOCK_LITERAL') return start + blockOffset(source, offset);
  return start;
}

/** In single quotes only a quote is written in two characters. */
function quotedOffset(source: string, offset: number): number {
  let at = 0;
  for (let seen = 0; seen < offset && at < source.length; seen += 1) at += source[at] === "'" ? 2 : 1;
  return at;
}

/** A literal block drops its header line and the indentation of every line. */
function blockOffset(source: string, offset: number): number {
  const header = source.indexOf('\n') + 1;
  const lines = source.slice(header).split('\n');
  const indent = lines.find((line) => line.trim() !== '')?.search(/\S/) ?? 0;
  let at = header;
  let left = offset;
  for (const line of lines) {
    const length = Math.max(0, line.length - indent);
    if (left <= length) return at + Math.min(indent, line.length) + left;
    left -= length + 1;
    at += line.length + 1;
  }
  return 0;
}
