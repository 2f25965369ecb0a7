/** Character sets a session's statements may be in, and how they are decoded. */

import { decodeUtf8 } from '../framing/reader.ts';

/** MySQL's latin1 is cp1252 (reference manual, "West European Character Sets"). */
const latin1 = new TextDecoder('windows-1252');

/**
 * Statements are lexed and shown as text, so each must read ASCII as ASCII and never use a quote or a backslash as the second byte of a character.
 * big5, cp932, gb18030, gbk and sjis do (server: strings/ctype-*.c); ucs2, utf16, utf16le and utf32 aren't ASCII at all, and swe7 has letters where
 * ASCII has backslash and brackets. What else isn't here isn't any driver's.
 */
const DECODERS: Readonly<Record<string, (bytes: Buffer) => string>> = {
  utf8mb4: decodeUtf8, utf8mb3: decodeUtf8, utf8: decodeUtf8, ascii: decodeUtf8, binary: decodeUtf8,
  latin1: (bytes) => latin1.decode(bytes),
};

/**
 * Undefined where texts can't be read safely. The decoder throws Malformed for bytes that aren't in the character set.
 * @param name of the session's character_set_client, as the server names it
 */
export function textDecoder(name: string): ((bytes: Buffer) => string) | undefined {
  return Object.hasOwn(DECODERS, name) ? DECODERS[name] : undefined;
}
