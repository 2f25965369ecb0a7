/** A press of a button: who pressed, is it still what was shown, and what the desk says. Refusals are told to the presser only. */

import { z } from 'zod';
import type { Freezer } from '../../api/sessions.ts';
import type { Desk } from '../../approval/desk.ts';
import type { ApprovalRequest } from '../../approval/request.ts';
import { view } from '../../approval/view.ts';
import { Failure } from '../../runtime/failure.ts';
import type { Log } from './log.ts';
import { canBeApprovedHere } from './message.ts';
import type { ButtonValue } from './message.ts';
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

const Value = z.strictObject({ request: z.string().regex(/^req_[a-z0-9]{1,64}$/), digest: z.string(), view: z.string() });

export class PressRefused extends Failure {}

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
  const request = await shown(press, desk);
  if (decision === 'approve' && !canBeApprovedHere(request)) {
    throw new PressRefused('incomplete_view', 'The statement is not shown whole here, so it can’t be approved here.', { hint: `Review with: countersign requests show ${request.id}` });
  }
  return desk.decide(request.id, { decision, person, channel: 'slack', seen: view(request), ...(reason !== undefined && { reason }) });
}

/** The request of a button, if it still is what the message with the button shows. @throws PressRefused */
export async function shown({ value }: Pick<Press, 'value'>, desk: Desk): Promise<ApprovalRequest> {
  const button = valueOf(value);
  const request = await desk.get(button.request);
  if (request === undefined) throw new PressRefused('not_found', `There is no request ${button.request} (any more).`);
  if (request.digest !== button.digest || view(request) !== button.view) {
    throw new PressRefused('digest_mismatch', `${request.id} is not what this message shows, so nothing was decided.`, { hint: `Look at it again: countersign requests show ${request.id}` });
  }
  return request;
}

function valueOf(text: string): ButtonValue {
  try {
    return Value.parse(JSON.parse(text));
  } catch (cause) {
    throw new PressRefused('bad_button', 'This button is not one of ours, so nothing was decided.', { cause });
  }
}

/** What the presser is told. */
export function sentence(error: unknown): string {
  if (!(error instanceof Failure)) return 'Countersign failed to do this. Look at the request before you try again.';
  return error.hint === undefined ? error.message : `${error.message} ${error.hint}`;
}

/** Only the presser sees it. */
export async function tell({ channel, user }: Press, text: string, { web, log }: Pick<PressParts, 'web' | 'log'>): Promise<void> {
  try {
    await web.whisper(channel, user, text);
  } catch (error) {
    log.warn({ err: error }, 'slack: an answer could not be told to the presser');
  }
}
