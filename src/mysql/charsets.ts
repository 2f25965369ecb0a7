/** Character sets a session's statements may be in, and how they are decoded. */

import { decodeUtf8 } from '../framing/reader.ts';
import { decodeWithRaw, encodeWithRaw } from '../sql/mysql/raw-bytes.ts';

/** MySQL's latin1 is cp1252 (reference manual, "West European Character Sets"). */
const latin1 = new TextDecoder('windows-1252');

export interface Decoder {
  /** Throws Malformed for bytes that aren't in the character set. */
  name(bytes: Buffer): string;
  /** The values in it may be any bytes: see raw-bytes.ts. */
  statement(bytes: Buffer): string;
  /** The bytes that the server reads as the text; undefined when there are none in the character set. */
  encode(text: string): Buffer | undefined;
}

/** By code unit, the byte. */
const LATIN1: ReadonlyMap<string, number> = new Map(Array.from({ length: 256 }, (_, byte) => [latin1.decode(Buffer.of(byte)), byte]));

function encodeLatin1(text: string): Buffer | undefined {
  const bytes = Buffer.allocUnsafe(text.length);
  for (let at = 0; at < text.length; at++) {
    const byte = LATIN1.get(text.charAt(at));
    if (byte === undefined) return undefined;
    bytes[at] = byte;
  }
  return bytes;
}

/** Only what is read back as the same text is the same text. */
function encodeUtf8(text: string): Buffer | undefined {
  const bytes = encodeWithRaw(text);
  return decodeWithRaw(bytes) === text ? bytes : undefined;
}

const isAscii = (bytes: Buffer): boolean => bytes.every((byte) => byte < 0x80);

function encodeAscii(text: string): Buffer | undefined {
  const bytes = encodeUtf8(text);
  return bytes !== undefined && isAscii(bytes) ? bytes : undefined;
}

/**
 * Statements are lexed and shown as text, so each must read ASCII as ASCII and never use a quote or a backslash as the second byte of a character.
 * big5, cp932, gb18030, gbk and sjis do (server: strings/ctype-*.c); ucs2, utf16, utf16le and utf32 aren't ASCII at all, and swe7 has letters where
 * ASCII has backslash and brackets. What else isn't here isn't any driver's.
 */
const UTF8: Decoder = { name: decodeUtf8, statement: decodeWithRaw, encode: encodeUtf8 };
const DECODERS: Readonly<Record<string, Decoder>> = {
  utf8mb4: UTF8, utf8mb3: UTF8, utf8: UTF8, binary: UTF8, ascii: { ...UTF8, encode: encodeAscii },
  latin1: { name: (bytes) => latin1.decode(bytes), statement: (bytes) => latin1.decode(bytes), encode: encodeLatin1 },
};

/**
 * Undefined where texts can't be read safely.
 * @param name of the session's character_set_client, as the server names it
 */
export function textDecoder(name: string): Decoder | undefined {
  return Object.hasOwn(DECODERS, name) ? DECODERS[name] : undefined;
}
