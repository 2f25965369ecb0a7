/** The console before doubles, with somebody at it. */

import type { AuditSearch } from '../../src/audit/search.ts';
import { createConsole } from '../../src/console/console.ts';
import type { ConsoleParts } from '../../src/console/parts.ts';
import { createPeople, type PeopleDirectory } from '../../src/identity/people.ts';
import type { Clock } from '../../src/runtime/clock.ts';
import { hashToken } from '../../src/identity/tokens.ts';
import { TOKEN_SCOPES } from '../../src/config/config.ts';
import { ClockDouble, DeskDouble } from '../api/doubles.ts';
import { testSignIns } from '../identity/support.ts';
import { DANA, FreezerDouble, KIM, REPORTER, SAM, SessionsDouble, testApi, TOKENS } from '../api/parts.ts';

export const ADA = { email: 'ada@example.com', roles: ['admin'], groups: [] } as const;
export const NOBODY = { email: 'nobody@example.com', roles: [], groups: [] } as const;
export const MORE = { ada: `cst_${'a'.repeat(43)}`, nobody: `cst_${'n'.repeat(43)}`, reader: `cst_${'r'.repeat(43)}` } as const;

export const everybody = (clock: Pick<Clock, 'now'>): PeopleDirectory => createPeople([SAM, DANA, KIM, ADA, NOBODY], [
  ...Object.entries({ sam: TOKENS.sam, dana: TOKENS.dana, kim: TOKENS.kim, ada: MORE.ada, nobody: MORE.nobody })
    .map(([name, token]) => ({ name, hash: hashToken(token), person: `${name}@example.com`, scopes: TOKEN_SCOPES })),
  { name: 'reader', hash: hashToken(MORE.reader), person: SAM.email, scopes: ['requests:read'] },
], clock);

const nothing: AuditSearch = { search: async () => ({ entries: [], complete: true }) };

export function testConsole(changes: Partial<ConsoleParts> = {}) {
  const parts = { desk: new DeskDouble(), freezer: new FreezerDouble(), sessions: new SessionsDouble(), clock: new ClockDouble() };
  const state: { people: PeopleDirectory } = { people: everybody(parts.clock) };
  const logged: unknown[] = [];
  const log = { error: (...line: unknown[]) => { logged.push(line); }, warn: () => {} };
  const { signIns, events } = testSignIns({ clock: changes.clock ?? parts.clock, people: () => state.people });
  const made = createConsole({ ...parts, signIns, agents: () => new Map([[REPORTER.name, REPORTER]]), log, audit: nothing, records: async function* () { /* none */ }, role: 'all', key: Buffer.alloc(32, 7), ...changes });
  const { app, closeStreams } = testApi({ ...parts, console: made });
  const get = async (path: string, cookie = ''): Promise<Response> => await app.request(path, { headers: { cookie } });
  const post = async (path: string, fields: Record<string, string>, headers: Record<string, string> = {}): Promise<Response> =>
    await app.request(path, { method: 'POST', headers: { 'sec-fetch-site': 'same-origin', ...headers }, body: new URLSearchParams(fields) });
  return {
    ...parts, app, closeStreams, state, logged, events, get, post,
    /** Cookie and form token of somebody signed in. */
    async enter(token: string): Promise<{ cookie: string; csrf: string }> {
      const cookie = cookieOf(await post('/console/sign-in', { token }));
      const page = await (await get('/console', cookie)).text();
      return { cookie, csrf: /name="csrf" value="([^"]+)"/.exec(page)?.[1] ?? '' };
    },
  };
}

export function cookieOf(answer: Response): string {
  return answer.headers.getSetCookie().filter((line) => !/Max-Age=0/.test(line)).map((line) => line.split(';')[0]).join('; ');
}
