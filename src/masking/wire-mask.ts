/** The same mask in what comes over the wire. Plain data. */
export type WireMask =
  /** UTF-8 text and base64 of the binary form; undefined: NULL. */
  | { readonly look: 'never'; readonly text?: string; readonly binary?: string }
  | { readonly look: 'hash'; readonly keys: readonly [inner: string, outer: string]; readonly uuid: boolean; readonly length?: number; readonly padded: boolean }
  | { readonly look: 'last4' | 'partial' | 'email'; readonly length?: number; readonly padded: boolean };

export const WIRE_NULL: WireMask = { look: 'never' };
