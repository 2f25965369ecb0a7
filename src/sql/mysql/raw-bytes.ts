/**
 * Bytes that are no UTF-8, and NUL, within a text: drivers that write values into statements send those of BLOBs as they are.
 *
 * Each stands as one character, U+EF00 or of U+EF80 … U+EFFF, whose last two hexadecimal digits are the byte (as MirBSD's OPTU-8). What came as such a
 * character itself is taken for bytes too, so that no two byte sequences are the same text; and being private, they are shown as code points.
 */

import { Malformed } from '../../framing/malformed.ts';
import { decodeUtf8 } from '../../framing/reader.ts';

const BASE = 0xef00;
const RAW = /[\uef00\uef80-\uefff]/;
/** Lead byte of U+E000 … U+EFFF. */
const PRIVATE_LEAD = 0xee;

export const isRaw = (code: number): boolean => code === BASE || (code >= 0xef80 && code <= 0xefff);
export const hasRaw = (text: string): boolean => RAW.test(text);

/** Bytes of the text as it was sent in UTF-8. */
export function sentBytes(text: string): number {
  let bytes = Buffer.byteLength(text);
  if (bytes > text.length && hasRaw(text)) for (let at = 0; at < text.length; at++) if (isRaw(text.charCodeAt(at))) bytes -= 2;
  return bytes;
}

/** The bytes that `decodeWithRaw` reads as the text. */
export function encodeWithRaw(text: string): Buffer {
  if (!hasRaw(text)) return Buffer.from(text, 'utf8');
  const parts: Buffer[] = [];
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (!isRaw(code)) continue;
    parts.push(Buffer.from(text.slice(from, at), 'utf8'), Buffer.of(code & 0xff));
    from = at + 1;
  }
  return Buffer.concat([...parts, Buffer.from(text.slice(from), 'utf8')]);
}

/** Never fails, and the bytes can be told from the text. */
export function decodeWithRaw(bytes: Buffer): string {
  try {
    const text = decodeUtf8(bytes);
    if (!text.includes('\0') && (text.length === bytes.length || !bytes.includes(PRIVATE_LEAD) || !hasRaw(text))) return text;
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
  }
  const units = new Uint16Array(bytes.length);
  let length = 0;
  for (let at = 0; at < bytes.length;) {
    if ((bytes[at] as number) < 0x80) {
      units[length++] = (bytes[at++] as number) || BASE;
      continue;
    }
    const size = characterBytes(bytes, at);
    const code = codePoint(bytes, at, size);
    if (size === 1 || isRaw(code)) {
      for (let index = 0; index < size; index++) units[length++] = BASE + (bytes[at + index] as number);
    } else if (code > 0xffff) {
      units[length++] = 0xd800 + ((code - 0x10000) >> 10);
      units[length++] = 0xdc00 + ((code - 0x10000) & 0x3ff);
    } else units[length++] = code;
    at += size;
  }
  return Buffer.from(units.buffer, 0, length * 2).toString('utf16le');
}

/** Of the character at this place; 1 where there is none. The second byte's range keeps out overlong forms, surrogates and what is beyond U+10FFFF (Unicode, table 3-7). */
function characterBytes(bytes: Buffer, at: number): 1 | 2 | 3 | 4 {
  const lead = bytes[at] as number;
  const second = bytes[at + 1] ?? 0;
  if (lead < 0xc2 || lead > 0xf4) return 1;
  if (lead < 0xe0) return continues(second) ? 2 : 1;
  if (!continues(bytes[at + 2] ?? 0)) return 1;
  if (lead < 0xf0) return second >= (lead === 0xe0 ? 0xa0 : 0x80) && second <= (lead === 0xed ? 0x9f : 0xbf) ? 3 : 1;
  if (!continues(bytes[at + 3] ?? 0)) return 1;
  return second >= (lead === 0xf0 ? 0x90 : 0x80) && second <= (lead === 0xf4 ? 0x8f : 0xbf) ? 4 : 1;
}

const continues = (byte: number): boolean => (byte & 0xc0) === 0x80;

function codePoint(bytes: Buffer, at: number, size: 1 | 2 | 3 | 4): number {
  let code = (bytes[at] as number) & (size === 1 ? 0xff : 0x7f >> size);
  for (let index = 1; index < size; index++) code = (code << 6) | ((bytes[at + index] as number) & 0x3f);
  return code;
}
