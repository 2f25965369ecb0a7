/** A cookie whose value may be longer than browsers take: what doesn't fit goes on in NAME.1, NAME.2 and so on. */

import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { MAX_TOKEN } from '../identity/sign-in-tokens.ts';

type Options = NonNullable<Parameters<typeof setCookie>[3]>;

/** Name and value have 4,096 bytes together (RFC 6265, 6.1). */
const PIECE = 3_900;
const PIECES = Array.from({ length: Math.ceil(MAX_TOKEN / PIECE) }, (_, n) => n);

const pieceName = (name: string, n: number): string => (n === 0 ? name : `${name}.${n}`);

export function getLongCookie(context: Context, name: string): string | undefined {
  const pieces = PIECES.map((n) => getCookie(context, pieceName(name, n)));
  const missing = pieces.indexOf(undefined);
  return pieces[0] === undefined ? undefined : pieces.slice(0, missing === -1 ? PIECES.length : missing).join('');
}

export function setLongCookie(context: Context, name: string, value: string, options: Options): void {
  for (const n of PIECES) {
    const piece = value.slice(n * PIECE, (n + 1) * PIECE);
    if (piece !== '') setCookie(context, pieceName(name, n), piece, options);
  }
}

/** All of it that the browser has. */
export function deleteLongCookie(context: Context, name: string, options: Options): void {
  for (const n of PIECES) if (n === 0 || getCookie(context, pieceName(name, n)) !== undefined) deleteCookie(context, pieceName(name, n), options);
}
