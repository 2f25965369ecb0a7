import type { ApiTokenConfig, TokenScope } from '../config/config.ts';
import { type Clock, systemClock } from '../runtime/clock.ts';
import { normalEmail } from './email.ts';
import type { Person } from './person.ts';
import type { SignedIn } from './sign-in.ts';
import { SignedInPeople } from './signed-in-people.ts';
import { findToken } from './tokens.ts';

/** Who acts by an API token, and what it may be used for. */
export interface TokenHolder {
  /** The token's name in the configuration, for logs and channels. */
  readonly name: string;
  readonly person: Person;
  readonly scopes: ReadonlySet<TokenScope>;
}

export interface PeopleDirectory {
  /** The person of the configuration with what was proven by signing in, or what is known of them by one of the two. */
  byEmail(email: string): Person | undefined;
  /** By explicit link only; a Slack user's verified e-mail goes through byEmail. */
  bySlackId(id: string): Person | undefined;
  /** By explicit link only. @param id object id in Entra ID */
  byTeamsId(id: string): Person | undefined;
  /** @param token as presented (`cst_…`). A token whose person isn't in the directory is nobody's. */
  byToken(token: string): TokenHolder | undefined;
  /** @param hash as in the configuration, of a token that was presented before. */
  byTokenHash(hash: string): TokenHolder | undefined;
  /** Somebody has signed in: what was proven counts until its time is over. */
  remember(signedIn: SignedIn): void;
  /** What was proven of the person up to `at` (milliseconds since 1970) counts no longer. */
  forget(email: string, at: number): void;
}

/** The people and tokens of the configuration, which never change here, and who has signed in. */
export function createPeople(people: readonly Person[], tokens: readonly ApiTokenConfig[] = [], clock: Pick<Clock, 'now'> = systemClock): PeopleDirectory {
  const configured = new Map(people.map((person) => [normalEmail(person.email), { ...person, email: normalEmail(person.email) }]));
  const bySlack = new Map([...configured.values()].flatMap((person) => (person.slack === undefined ? [] : [[person.slack, person.email] as const])));
  const byTeams = new Map([...configured.values()].flatMap((person) => (person.teams === undefined ? [] : [[person.teams.toLowerCase(), person.email] as const])));
  const signedIn = new SignedInPeople(clock);
  const byEmail = (email: string): Person | undefined => joined(configured.get(normalEmail(email)), signedIn.of(email));
  const holder = (token: ApiTokenConfig | undefined): TokenHolder | undefined => {
    const person = token && byEmail(token.person);
    return token && person && { name: token.name, person, scopes: new Set(token.scopes) };
  };
  return {
    byEmail,
    bySlackId: (id) => byEmail(bySlack.get(id) ?? ''),
    byTeamsId: (id) => byEmail(byTeams.get(id.toLowerCase()) ?? ''),
    byToken: (presented) => holder(findToken(presented, tokens)),
    byTokenHash: (hash) => holder(tokens.find((token) => token.hash === hash)),
    remember: (one) => signedIn.remember(one),
    forget: (email, at) => signedIn.forget(email, at),
  };
}

function joined(configured: Person | undefined, proven: Person | undefined): Person | undefined {
  if (configured === undefined) return proven && { ...proven, email: normalEmail(proven.email) };
  if (proven === undefined) return configured;
  return { ...configured, roles: union(configured.roles, proven.roles), groups: union(configured.groups, proven.groups) };
}

function union<T>(a: readonly T[], b: readonly T[]): readonly T[] {
  return [...new Set([...a, ...b])];
}
