/** Who is at the console: a signed cookie, looked up anew at each request, so that a removed person or token is out at once. */

import { hash, timingSafeEqual } from 'node:crypto';
import type { Context } from 'hono';
import type { TokenScope } from '../config/config.ts';
import type { Person } from '../identity/person.ts';
import type { SignIn } from '../identity/sign-in.ts';
import type { BegunSignIn, SignedInHolder } from '../identity/sign-ins.ts';
import { deleteLongCookie, getLongCookie, setLongCookie } from './cookie.ts';
import type { ConsoleEnv, ConsoleParts } from './parts.ts';

export type Right = 'read' | 'decide' | 'agents' | 'sessions' | 'kill' | 'audit' | 'freeze';

export interface Visitor {
  readonly person: Person;
  readonly signIn: SignIn;
  /** Does it still count, now? */
  readonly counts: () => boolean;
  /** For the page's foot: `token sam-laptop`, or the provider's label. */
  readonly way: string;
  /** In every form; a page elsewhere can't know it. */
  readonly csrf: string;
  may(right: Right): boolean;
}

const NAME = 'countersign';
const SECURE_NAME = `__Host-${NAME}`;

const ANY = ['approver', 'auditor', 'admin'] as const;
const ROLES = { read: ANY, decide: ['approver'], agents: ANY, sessions: ANY, kill: ['admin'], audit: ['auditor', 'admin'], freeze: ['admin'] } as const;
const SCOPES: { readonly [R in Right]: TokenScope } = { read: 'requests:read', decide: 'requests:decide', agents: 'agents:read', sessions: 'sessions:read', kill: 'sessions:kill', audit: 'audit:read', freeze: 'agents:freeze' };

/** A new session; whatever session the browser had before is replaced, never continued. */
export function startSession(context: Context<ConsoleEnv>, parts: ConsoleParts, { token, signIn: { until } }: BegunSignIn): void {
  const secure = isSecure(context, parts);
  endSession(context);
  setLongCookie(context, secure ? SECURE_NAME : NAME, token, { httpOnly: true, sameSite: 'Lax', path: '/', secure, maxAge: secondsUntil(until, parts.clock.now()) });
}

/** Browsers keep no cookie for longer than 400 days (RFC 6265bis, 5.5). */
function secondsUntil(until: number, now: number): number {
  return Math.max(0, Math.min(Math.floor((until - now) / 1000), 400 * 86_400));
}

export function endSession(context: Context<ConsoleEnv>): void {
  deleteLongCookie(context, SECURE_NAME, { path: '/', secure: true });
  deleteLongCookie(context, NAME, { path: '/' });
}

export async function visitorOf(context: Context<ConsoleEnv>, { signIns, provider }: ConsoleParts): Promise<Visitor | undefined> {
  const token = getLongCookie(context, SECURE_NAME) ?? getLongCookie(context, NAME);
  const holder = token === undefined ? undefined : await signIns.find('console', token);
  if (token === undefined || holder === undefined) return undefined;
  const way = holder.signIn.apiToken === undefined ? (provider?.label ?? 'sign-in') : `token ${holder.name}`;
  return { ...holder, way, csrf: hash('sha256', `csrf ${token}`, 'base64url'), may: (right) => mayDo(right, holder) };
}

function mayDo(right: Right, { person, scopes }: SignedInHolder): boolean {
  return person.roles.some((role) => (ROLES[right] as readonly string[]).includes(role)) && scopes.has(SCOPES[right]);
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
