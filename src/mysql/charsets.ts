/**
 * Character sets a session's statements may be in. Statements are lexed and shown as text, so each must read ASCII as ASCII and never use
 * a quote or a backslash as the second byte of a character. big5, cp932, gb18030, gbk and sjis do (server: strings/ctype-*.c);
 * ucs2, utf16, utf16le and utf32 aren't ASCII at all, and swe7 has letters where ASCII has backslash and brackets.
 */
const READABLE = new Set(['utf8mb4', 'utf8mb3', 'utf8', 'latin1', 'ascii', 'binary']);

/** @param name of the session's character_set_client, as the server names it */
export function readableCharset(name: string): boolean {
  return READABLE.has(name.toLowerCase());
}
