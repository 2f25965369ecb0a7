/** What holds for every page: headers, where a form may come from, and who may see it. */

import type { Context, MiddlewareHandler } from 'hono';
import { Failure } from '../runtime/failure.ts';
import type { ConsoleEnv, ConsoleParts } from './parts.ts';
import { type Right, sameText, visitorOf } from './visitor.ts';

export class PageRefused extends Failure {
  readonly status: 400 | 403 | 404;

  constructor(status: 400 | 403 | 404, message: string, hint?: string) {
    super(`console_${status}`, message, hint === undefined ? {} : { hint });
    this.status = status;
  }
}

const CSP = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/** Referrers stay within the site: with `no-referrer` browsers would send `Origin: null` with our own forms. */
export const securityHeaders: MiddlewareHandler = async (context, next) => {
  await next();
  context.header('content-security-policy', CSP);
  context.header('x-content-type-options', 'nosniff');
  context.header('x-frame-options', 'DENY');
  context.header('referrer-policy', 'same-origin');
  context.header('cross-origin-opener-policy', 'same-origin');
  context.header('cross-origin-resource-policy', 'same-origin');
  if (!context.res.headers.has('cache-control')) context.header('cache-control', 'no-store');
};

/** Browsers say where a form was sent from; who doesn't say so isn't a browser at one of our pages. */
export function fromHere(parts: ConsoleParts): MiddlewareHandler<ConsoleEnv> {
  return async (context, next) => {
    if (context.req.method !== 'GET' && context.req.method !== 'HEAD' && !isFromHere(context, parts)) {
      throw new PageRefused(403, 'This form was not sent from a page of this console.', 'Open the console and try again.');
    }
    await next();
  };
}

function isFromHere(context: Context<ConsoleEnv>, { publicUrl }: ConsoleParts): boolean {
  const site = context.req.header('sec-fetch-site');
  if (site !== undefined) return site === 'same-origin';
  const origin = context.req.header('origin');
  const host = publicUrl?.host ?? context.req.header('host') ?? new URL(context.req.url).host;
  return origin !== undefined && URL.canParse(origin) && new URL(origin).host === host;
}

/** Lets people in who may; sends others to the sign-in page, and back from there. */
export function signedIn(parts: ConsoleParts): (right: Right) => MiddlewareHandler<ConsoleEnv> {
  return (right) => async (context, next) => {
    const visitor = await visitorOf(context, parts);
    if (visitor === undefined) {
      if (context.req.path.endsWith('/events')) return context.text('signed out', 401);
      const back = context.req.method === 'GET' ? context.req.path + new URL(context.req.url).search : '/console';
      return context.redirect(`/console/sign-in?returnTo=${encodeURIComponent(back)}`, 303);
    }
    context.set('visitor', visitor);
    if (!visitor.may(right)) throw mayNot(right, visitor.person.roles.length === 0);
    if (context.req.method === 'POST' && !sameText((await context.req.parseBody())['csrf'], visitor.csrf)) {
      throw new PageRefused(403, 'This form belongs to another session.', 'Open the page again and send it from there.');
    }
    await next();
    return undefined;
  };
}

function mayNot(right: Right, noRole: boolean): PageRefused {
  if (noRole) return new PageRefused(403, 'You are known here, but have no role.', 'An operator can give you one: approver, auditor or admin, under people in the configuration.');
  const needs = { read: 'any role', decide: 'the role approver', agents: 'any role', sessions: 'any role', kill: 'the role admin', audit: 'the role auditor or admin', freeze: 'the role admin' }[right];
  return new PageRefused(403, `This needs ${needs}, and an API token that allows it if you signed in by one.`, 'Sign in otherwise, or ask an operator.');
}

/** A path of the console, or its first page: never an address elsewhere. */
export function localPath(wanted: unknown): string {
  return typeof wanted === 'string' && /^\/console(?:\/[a-z0-9_-]+){0,3}(?:\?[\w=&%+.*~-]*)?$/.test(wanted) && !wanted.startsWith('/console/sign') ? wanted : '/console';
}
