import type { ApiTokenConfig, TokenScope } from '../config/config.ts';
import { normalEmail } from './email.ts';
import type { Person } from './person.ts';
import { findToken } from './tokens.ts';

/** Who acts by an API token, and what it may be used for. */
export interface TokenHolder {
  /** The token's name in the configuration, for logs and channels. */
  readonly name: string;
  readonly person: Person;
  readonly scopes: ReadonlySet<TokenScope>;
}

export interface PeopleDirectory {
  byEmail(email: string): Person | undefined;
  /** By explicit link only; a Slack user's verified e-mail goes through byEmail. */
  bySlackId(id: string): Person | undefined;
  /** @param token as presented (`cst_…`). A token whose person isn't in the directory is nobody's. */
  byToken(token: string): TokenHolder | undefined;
}

/** The people and tokens of the configuration. Immutable: a changed configuration makes a new one. */
export function createPeople(people: readonly Person[], tokens: readonly ApiTokenConfig[] = []): PeopleDirectory {
  const byEmail = new Map(people.map((person) => [normalEmail(person.email), { ...person, email: normalEmail(person.email) }]));
  const bySlack = new Map([...byEmail.values()].flatMap((person) => (person.slack === undefined ? [] : [[person.slack, person] as const])));
  return {
    byEmail: (email) => byEmail.get(normalEmail(email)),
    bySlackId: (id) => bySlack.get(id),
    byToken(presented) {
      const token = findToken(presented, tokens);
      const person = token && byEmail.get(normalEmail(token.person));
      return token && person && { name: token.name, person, scopes: new Set(token.scopes) };
    },
  };
}
