/** From the Slack account that pressed a button to the person in our directory. */

import type { PeopleDirectory } from '../../identity/people.ts';
import type { Person } from '../../identity/person.ts';
import { NobodyKnown } from '../people.ts';
import type { SlackWeb } from './web.ts';

export type CurrentPeople = () => Pick<PeopleDirectory, 'byEmail' | 'bySlackId'>;

/**
 * An explicit link wins. Otherwise the account's e-mail address counts, asked anew at each press, if our own workspace
 * vouches for it: an administrator of another workspace in a shared channel can give their accounts any address.
 * @throws NobodyKnown, SlackFailure
 */
export async function personOf(user: string, web: Pick<SlackWeb, 'user' | 'home'>, people: CurrentPeople): Promise<Person> {
  const linked = people().bySlackId(user);
  if (linked !== undefined) return linked;
  const [account, home] = await Promise.all([web.user(user), web.home()]);
  if (account.id !== user) throw new NobodyKnown('Slack', 'Slack does not know this account.');
  if (account.unfit !== undefined) throw new NobodyKnown('Slack', account.unfit);
  if (!account.teams.some((team) => home.includes(team))) throw new NobodyKnown('Slack', 'This account is of another workspace.');
  if (account.email === undefined) throw new NobodyKnown('Slack', 'Slack does not show the e-mail address of this account. (The app needs users:read.email.)');
  const person = people().byEmail(account.email);
  if (person === undefined) throw new NobodyKnown('Slack', `${account.email} is not among the people in the configuration.`);
  if (person.slack !== undefined) throw new NobodyKnown('Slack', `${account.email} is linked to another Slack account.`);
  return person;
}
