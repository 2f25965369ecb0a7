/** Byte offsets in UTF-8, as the parser counts, to UTF-16 offsets, as JavaScript does. */
export function utf16Offsets(text: string, bytes: number): (byteOffset: number) => number {
  if (bytes === text.length) return (offset) => offset;
  const buffer = Buffer.from(text);
  return (offset) => buffer.toString('utf8', 0, offset).length;
}
