/** Who is at the console: a sealed cookie, looked up anew at each request, so that a removed person or token is out at once. */

import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import type { TokenScope } from '../config/config.ts';
import type { Person } from '../identity/person.ts';
import type { ConsoleEnv, ConsoleParts } from './parts.ts';
import type { Sealer } from './sealed.ts';

export type Right = 'read' | 'decide' | 'agents' | 'sessions' | 'freeze';

export interface Visitor {
  readonly person: Person;
  /** For the page's foot: `token sam-laptop`, or the provider's label. */
  readonly way: string;
  /** In every form; a page elsewhere can't know it. */
  readonly csrf: string;
  may(right: Right): boolean;
}

/** What the cookie says. The token itself is in it, sealed, since its scopes may change and it may be taken away. */
interface Session {
  readonly email: string;
  readonly token?: string;
  readonly until: number;
  readonly csrf: string;
}

const NAME = 'countersign';
const SECURE_NAME = `__Host-${NAME}`;
const LONGEST_MS = 12 * 60 * 60 * 1000;

const ROLES = { read: ['approver', 'auditor', 'admin'], decide: ['approver'], agents: ['approver', 'auditor', 'admin'], sessions: ['approver', 'auditor', 'admin'], freeze: ['admin'] } as const;
const SCOPES: { readonly [R in Right]: TokenScope } = { read: 'requests:read', decide: 'requests:decide', agents: 'agents:read', sessions: 'sessions:read', freeze: 'agents:freeze' };

/** A new session; whatever session the browser had before is replaced, never continued. */
export function startSession(context: Context<ConsoleEnv>, parts: ConsoleParts, sealer: Sealer, who: { readonly email: string; readonly token?: string; readonly until?: number }): void {
  const until = Math.min(who.until ?? Infinity, parts.clock.now() + LONGEST_MS);
  const session: Session = { email: who.email, ...(who.token !== undefined && { token: who.token }), until, csrf: randomBytes(18).toString('base64url') };
  const secure = isSecure(context, parts);
  endSession(context);
  setCookie(context, secure ? SECURE_NAME : NAME, sealer.seal('session', session), {
    httpOnly: true, sameSite: 'Lax', path: '/', secure, maxAge: Math.max(0, Math.floor((until - parts.clock.now()) / 1000)),
  });
}

export function endSession(context: Context<ConsoleEnv>): void {
  deleteCookie(context, SECURE_NAME, { path: '/', secure: true });
  deleteCookie(context, NAME, { path: '/' });
}

export function visitorOf(context: Context<ConsoleEnv>, parts: ConsoleParts, sealer: Sealer): Visitor | undefined {
  const cookie = getCookie(context, SECURE_NAME) ?? getCookie(context, NAME);
  const session = cookie === undefined ? undefined : (sealer.open('session', cookie) as Session | undefined);
  if (session === undefined || session.until <= parts.clock.now()) return undefined;
  const { token, csrf } = session;
  if (token === undefined) {
    const person = parts.people().byEmail(session.email);
    return person && visitor(person, parts.provider?.label ?? 'sign-in', csrf, undefined);
  }
  const holder = parts.people().byToken(token);
  return holder && visitor(holder.person, `token ${holder.name}`, csrf, holder.scopes);
}

function visitor(person: Person, way: string, csrf: string, scopes: ReadonlySet<TokenScope> | undefined): Visitor {
  return {
    person, way, csrf,
    may: (right) => person.roles.some((role) => (ROLES[right] as readonly string[]).includes(role)) && (scopes?.has(SCOPES[right]) ?? true),
  };
}

export function isSecure(context: Context<ConsoleEnv>, { publicUrl }: ConsoleParts): boolean {
  const url = publicUrl?.href ?? context.req.header('origin') ?? context.req.url;
  return url.startsWith('https:');
}

export function sameText(given: unknown, wanted: string): boolean {
  if (typeof given !== 'string') return false;
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}
