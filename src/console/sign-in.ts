/** Signing in by the provider (there and back) or by an API token, and signing out. */

import type { Context, Hono } from 'hono';
import { html } from 'hono/html';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { FailureLimit } from '../api/auth.ts';
import { SignInRefused } from '../identity/sign-in.ts';
import { localPath, PageRefused } from './guard.ts';
import { type Html, refusal, show } from './layout.ts';
import type { ConsoleEnv, ConsoleParts } from './parts.ts';
import type { Sealer } from './sealed.ts';
import { endSession, isSecure, sameText, startSession, visitorOf } from './visitor.ts';

const BEGUN = 'countersign-sign-in';
const BEGUN_SECONDS = 600;

/** What waits in the browser while somebody is away at the provider. */
interface Begun {
  readonly kept: string;
  readonly returnTo: string;
  readonly until: number;
}

export function signInRoutes(app: Hono<ConsoleEnv>, parts: ConsoleParts, sealer: Sealer): void {
  const failures = new FailureLimit(parts.clock, parts.log);
  app.get('/sign-in', (context) => page(context, parts, context.req.query('returnTo')));
  app.post('/sign-in', async (context) => {
    const { token, returnTo } = await context.req.parseBody();
    const begun = await parts.signIns.beginByApiToken('console', typeof token === 'string' ? token.trim() : '');
    if (begun === undefined) return tooMany(context, failures, parts, returnTo) ?? page(context, parts, returnTo, { status: 401, said: refusal('That is no valid API token.', 'It begins with cst_, and its hash is in the configuration under tokens.') });
    startSession(context, parts, begun);
    return context.redirect(localPath(returnTo), 303);
  });
  app.get('/sign-in/provider', (context) => begin(context, parts, sealer));
  app.get('/callback', (context) => finish(context, parts, sealer, failures));
  app.post('/sign-out', async (context) => {
    const visitor = await visitorOf(context, parts);
    if (visitor !== undefined && !sameText((await context.req.parseBody())['csrf'], visitor.csrf)) throw new PageRefused(403, 'This form belongs to another session.');
    if (visitor !== undefined) await parts.signIns.end(visitor.signIn);
    endSession(context);
    return context.redirect('/console/sign-in', 303);
  });
}

/** Counts a failure; the answer when there were too many. */
function tooMany(context: Context<ConsoleEnv>, failures: FailureLimit, parts: ConsoleParts, returnTo: unknown): Response | Promise<Response> | undefined {
  const { code, message, hint, headers } = failures.refusal(context);
  if (code !== 'too_many_failures') return undefined;
  context.header('retry-after', headers['retry-after']);
  return page(context, parts, returnTo, { status: 429, said: refusal(message, hint) });
}

/** A link, not a form: browsers apply `form-action` to where a form's answer sends them. */
async function begin(context: Context<ConsoleEnv>, parts: ConsoleParts, sealer: Sealer): Promise<Response> {
  if (parts.provider === undefined) throw new PageRefused(404, 'No sign-in provider is configured.');
  const { location, kept } = await parts.provider.begin();
  const begun: Begun = { kept, returnTo: localPath(context.req.query('returnTo')), until: parts.clock.now() + BEGUN_SECONDS * 1000 };
  setCookie(context, BEGUN, sealer.seal('sign-in', begun), { httpOnly: true, sameSite: 'Lax', path: '/console/callback', secure: isSecure(context, parts), maxAge: BEGUN_SECONDS });
  return context.redirect(location.href, 303);
}

async function finish(context: Context<ConsoleEnv>, parts: ConsoleParts, sealer: Sealer, failures: FailureLimit): Promise<Response> {
  const cookie = getCookie(context, BEGUN);
  const begun = cookie === undefined ? undefined : (sealer.open('sign-in', cookie) as Begun | undefined);
  deleteCookie(context, BEGUN, { path: '/console/callback' });
  if (parts.provider === undefined || begun === undefined || begun.until <= parts.clock.now()) {
    return page(context, parts, undefined, { status: 403, said: refusal('This browser has no sign-in under way, or it took too long.', 'Begin again.') });
  }
  try {
    const proven = await parts.provider.finish(new URL(context.req.url), begun.kept);
    startSession(context, parts, await parts.signIns.begin('console', proven));
    return context.redirect(localPath(begun.returnTo), 303);
  } catch (error) {
    if (!(error instanceof SignInRefused)) throw error;
    const many = tooMany(context, failures, parts, begun.returnTo);
    if (many !== undefined) return many;
    parts.signIns.refused('console', error);
    return page(context, parts, begun.returnTo, { status: 403, said: refusal(error.message, error.hint) });
  }
}

function page(context: Context<ConsoleEnv>, { clock, provider }: ConsoleParts, wanted: unknown, answer: { status?: 401 | 403 | 429; said?: Html } = {}): Response | Promise<Response> {
  const returnTo = localPath(wanted);
  return show(context, {
    title: 'Sign in', now: clock.now(), ...(answer.status !== undefined && { status: answer.status }),
    body: html`<div class="sign-in">${answer.said ?? ''}
${provider === undefined ? '' : html`<p><a class="button" href="/console/sign-in/provider?returnTo=${encodeURIComponent(returnTo)}">Sign in with ${provider.label}</a></p>`}
<form method="post" action="/console/sign-in"><input type="hidden" name="returnTo" value="${returnTo}">
<label>API token<input type="password" name="token" required autocomplete="off" spellcheck="false" placeholder="cst_…"></label><button>Sign in</button></form></div>`,
  });
}
