/** A press of a button: who pressed, where, is it still what was shown, and what the desk says. The presser alone is answered. */

import type { Desk } from '../../approval/desk.ts';
import { MAX_REASON } from '../../approval/request.ts';
import type { ApprovalRequest } from '../../approval/request.ts';
import { view } from '../../approval/view.ts';
import { Failure } from '../../runtime/failure.ts';
import type { Log } from '../log.ts';
import { PressRefused, notOurs, notWhole, sentence, shown } from '../press.ts';
import { APPROVE, DENY, REASON, canBeApprovedHere } from './card.ts';
import { personOf } from './people.ts';
import type { CurrentPeople } from './people.ts';
import type { TeamsWeb } from './web.ts';

/** Of an `adaptiveCard/action` invoke. Everything but that the Bot Connector sent it is still to be judged. */
export interface Press {
  readonly verb: unknown;
  /** The button's own, with what was typed into its inputs. */
  readonly data: unknown;
  readonly account: unknown;
  readonly conversation: unknown;
}

export interface PressParts {
  readonly desk: Desk;
  readonly web: Pick<TeamsWeb, 'member'>;
  readonly people: CurrentPeople;
  readonly tenant: string;
  readonly conversation: string;
  readonly url?: string | undefined;
  readonly log: Log;
}

/** @param decided is called with what the decision made of its request. @returns what the presser is told. Never rejects. */
export async function answer(press: Press, parts: PressParts, decided: (request: ApprovalRequest) => void): Promise<string> {
  try {
    const after = await decide(press, parts);
    decided(after);
    return `Taken. ${after.id} is ${after.state}.`;
  } catch (error) {
    if (!(error instanceof Failure)) parts.log.error({ err: error }, 'teams: a press failed');
    return sentence(error);
  }
}

async function decide({ verb, data, account, conversation }: Press, parts: PressParts): Promise<ApprovalRequest> {
  const { desk, web, people, tenant, url } = parts;
  if (verb !== APPROVE && verb !== DENY) throw notOurs();
  // A press in a thread of the channel names the thread too.
  if (typeof conversation !== 'string' || conversation.split(';')[0] !== parts.conversation || typeof account !== 'string') {
    throw new PressRefused('bad_conversation', 'This is not the conversation in which requests are decided, so nothing was decided.');
  }
  const person = await personOf(account, tenant, web, people);
  const { [REASON]: typed, ...value } = { ...(typeof data === 'object' ? data : {}) } as Record<string, unknown>;
  const request = await shown(JSON.stringify(value), desk);
  const common = { person, channel: 'teams', seen: view(request) };
  if (verb === APPROVE) {
    if (!canBeApprovedHere(request, url)) throw notWhole(request);
    return desk.decide(request.id, { ...common, decision: 'approve' });
  }
  const reason = typeof typed === 'string' ? typed.trim() : '';
  if (reason === '' || reason.length > MAX_REASON) throw new PressRefused('no_reason', `A reason of up to ${MAX_REASON} characters is needed, so nothing was decided.`);
  return desk.decide(request.id, { ...common, decision: 'deny', reason });
}
