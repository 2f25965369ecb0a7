/** A press of a button: who pressed, is it still what was shown, and what the desk says. Refusals are told to the presser only. */

import type { Freezer } from '../../api/sessions.ts';
import type { Desk } from '../../approval/desk.ts';
import type { ApprovalRequest } from '../../approval/request.ts';
import { view } from '../../approval/view.ts';
import { Failure } from '../../runtime/failure.ts';
import type { Log } from '../log.ts';
import { notWhole, sentence, shown } from '../press.ts';
import { canBeApprovedHere } from './message.ts';
import { personOf } from './people.ts';
import type { CurrentPeople } from './people.ts';
import type { SlackWeb } from './web.ts';

export interface Press {
  /** The button's value, as Slack gave it back. */
  readonly value: string;
  readonly user: string;
  readonly channel: string;
}

export interface PressParts {
  readonly desk: Desk;
  readonly web: Pick<SlackWeb, 'user' | 'home' | 'whisper' | 'openModal'>;
  readonly people: CurrentPeople;
  readonly freezer: Pick<Freezer, 'freeze' | 'isFrozen'>;
  readonly log: Log;
}

/** Does what was pressed, or tells the presser why not. Never rejects. @returns what `act` does, when the press counted. */
export async function answering<T>(press: Press, parts: PressParts, act: (press: Press, parts: PressParts) => Promise<T>): Promise<T | undefined> {
  try {
    return await act(press, parts);
  } catch (error) {
    if (!(error instanceof Failure)) parts.log.error({ err: error }, 'slack: a press failed');
    await tell(press, sentence(error), parts);
    return undefined;
  }
}

/** @returns the request as it is after that. */
export async function decide(press: Press & { readonly decision: 'approve' | 'deny'; readonly reason?: string }, { desk, web, people }: PressParts): Promise<ApprovalRequest> {
  const { decision, reason, user } = press;
  const person = await personOf(user, web, people);
  const request = await shown(press.value, desk);
  if (decision === 'approve' && !canBeApprovedHere(request)) throw notWhole(request);
  return desk.decide(request.id, { decision, person, channel: 'slack', seen: view(request), ...(reason !== undefined && { reason }) });
}

/** Only the presser sees it. */
export async function tell({ channel, user }: Press, text: string, { web, log }: Pick<PressParts, 'web' | 'log'>): Promise<void> {
  try {
    await web.whisper(channel, user, text);
  } catch (error) {
    log.warn({ err: error }, 'slack: an answer could not be told to the presser');
  }
}
