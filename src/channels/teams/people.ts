/** From the Teams account that pressed a button to the person in our directory. */

import type { PeopleDirectory } from '../../identity/people.ts';
import type { Person } from '../../identity/person.ts';
import { NobodyKnown } from '../people.ts';
import { TeamsFailure } from './web.ts';
import type { TeamsWeb } from './web.ts';

export type CurrentPeople = () => Pick<PeopleDirectory, 'byEmail' | 'byTeamsId'>;

/**
 * Who it is comes from the roster of the conversation, asked anew at each press; nothing an activity says of its sender but the account's
 * id is used. A link of the account's object id wins; otherwise its user principal name, then its e-mail address, count, if it is a member of our tenant.
 * @throws NobodyKnown, TeamsFailure
 */
export async function personOf(account: string, tenant: string, web: Pick<TeamsWeb, 'member'>, people: CurrentPeople): Promise<Person> {
  const member = await web.member(account).catch((error: unknown) => {
    throw error instanceof TeamsFailure && error.code === 'gone' ? new NobodyKnown('Teams', 'This account is not in the conversation.') : error;
  });
  if (member.id !== account) throw new NobodyKnown('Teams', 'Teams does not know this account.');
  if (member.tenant !== tenant) throw new NobodyKnown('Teams', 'This account is of another organisation.');
  if (member.role !== undefined && member.role !== 'user') throw new NobodyKnown('Teams', 'Guests and bots decide nothing.');
  const linked = member.objectId === undefined ? undefined : people().byTeamsId(member.objectId);
  if (linked !== undefined) return linked;
  const person = member.emails.map((email) => people().byEmail(email)).find((one) => one !== undefined);
  if (person === undefined) throw new NobodyKnown('Teams', `${member.emails[0] ?? 'This account'} is not among the people in the configuration.`);
  if (person.teams !== undefined) throw new NobodyKnown('Teams', `${person.email} is linked to another Teams account.`);
  return person;
}
