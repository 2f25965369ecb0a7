/** The same mask in what comes over the wire. Plain data. */
export type WireMask =
  /** UTF-8 text and base64 of the binary form; undefined: NULL. */
  | { readonly look: 'never'; readonly text?: string; readonly binary?: string }
  | { readonly look: 'hash'; readonly keys: readonly [inner: string, outer: string]; readonly uuid: boolean; readonly length?: number; readonly padded: boolean }
  | { readonly look: 'last4' | 'partial' | 'email'; readonly length?: number; readonly padded: boolean };

/** By code points, as the servers count them. */
export function characters(text: string): string[] {
  return Array.from(text);
}

/** Without the spaces at the end. (A regular expression would be slow for many spaces elsewhere.) */
export function unpadded(text: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === ' ') end--;
  return text.slice(0, end);
}

export const WIRE_NULL: WireMask = { look: 'never' };
