/** Freeze agent: the switch of the API, within reach of who sees a request that alarms them. */

import { visibleLine } from '../../runtime/visible.ts';
import { PressRefused, shown } from '../press.ts';
import { personOf } from './people.ts';
import { tell } from './press.ts';
import type { Press, PressParts } from './press.ts';

/** @throws PressRefused, NobodyKnown */
export async function freeze(press: Press, parts: PressParts): Promise<void> {
  const { desk, web, people, freezer } = parts;
  const person = await personOf(press.user, web, people);
  if (!person.roles.includes('admin')) throw new PressRefused('not_an_admin', 'Only people with the role admin may freeze an agent, so nothing was done.', { hint: 'You can deny the request, if you are an approver.' });
  const request = await shown(press.value, desk);
  const { name } = request.agent;
  const { everywhere } = await freezer.freeze(name, person.email, `from the Slack message of ${request.id}`);
  const where = everywhere ? '' : ' here; other replicas are told when the store answers again';
  await tell(press, `${visibleLine(name)} is frozen${where}. To let it go on: countersign agents thaw ${visibleLine(name)}`, parts);
}
