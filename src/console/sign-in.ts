/** Signing in by the provider (there and back) or by an API token, and signing out. */

import type { Context, Hono } from 'hono';
import { html } from 'hono/html';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { FailureLimit } from '../api/auth.ts';
import { Failure } from '../runtime/failure.ts';
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
    const given = typeof token === 'string' ? token.trim() : '';
    const holder = parts.people().byToken(given);
    if (holder === undefined) {
      const problem = failures.refusal(context);
      for (const [name, value] of Object.entries(problem.headers)) if (name === 'retry-after') context.header(name, value);
      const many = problem.code === 'too_many_failures';
      return page(context, parts, returnTo, { status: many ? 429 : 401, said: many ? refusal(problem.message, problem.hint) : refusal('That is no valid API token.', 'It begins with cst_, and its hash is in the configuration under tokens.') });
    }
    startSession(context, parts, sealer, { email: holder.person.email, token: given });
    return context.redirect(localPath(returnTo), 303);
  });
  app.get('/sign-in/provider', (context) => begin(context, parts, sealer));
  app.get('/callback', (context) => finish(context, parts, sealer));
  app.post('/sign-out', async (context) => {
    const visitor = visitorOf(context, parts, sealer);
    if (visitor !== undefined && !sameText((await context.req.parseBody())['csrf'], visitor.csrf)) throw new PageRefused(403, 'This form belongs to another session.');
    endSession(context);
    return context.redirect('/console/sign-in', 303);
  });
}

/** A link, not a form: browsers apply `form-action` to where a form's answer sends them. */
async function begin(context: Context<ConsoleEnv>, parts: ConsoleParts, sealer: Sealer): Promise<Response> {
  if (parts.provider === undefined) throw new PageRefused(404, 'No sign-in provider is configured.');
  const { location, kept } = await parts.provider.begin();
  const begun: Begun = { kept, returnTo: localPath(context.req.query('returnTo')), until: parts.clock.now() + BEGUN_SECONDS * 1000 };
  setCookie(context, BEGUN, sealer.seal('sign-in', begun), { httpOnly: true, sameSite: 'Lax', path: '/console/callback', secure: isSecure(context, parts), maxAge: BEGUN_SECONDS });
  return context.redirect(location.href, 303);
}

async function finish(context: Context<ConsoleEnv>, parts: ConsoleParts, sealer: Sealer): Promise<Response> {
  const cookie = getCookie(context, BEGUN);
  const begun = cookie === undefined ? undefined : (sealer.open('sign-in', cookie) as Begun | undefined);
  deleteCookie(context, BEGUN, { path: '/console/callback' });
  if (parts.provider === undefined || begun === undefined || begun.until <= parts.clock.now()) {
    return page(context, parts, undefined, { status: 403, said: refusal('This browser has no sign-in under way, or it took too long.', 'Begin again.') });
  }
  try {
    const signedIn = await parts.provider.finish(new URL(context.req.url), begun.kept);
    parts.remember?.(signedIn);
    startSession(context, parts, sealer, { email: signedIn.person.email, until: signedIn.until });
    return context.redirect(localPath(begun.returnTo), 303);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
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
