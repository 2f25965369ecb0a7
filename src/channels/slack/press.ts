/** A press of Approve or Deny: who pressed, is it still what was shown, and what the desk says. Refusals are told to the presser only. */

import { z } from 'zod';
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
  readonly decision: 'approve' | 'deny';
  /** The button's value, as Slack gave it back. */
  readonly value: string;
  readonly user: string;
  readonly channel: string;
}

export interface PressParts {
  readonly desk: Desk;
  readonly web: Pick<SlackWeb, 'user' | 'home' | 'whisper'>;
  readonly people: CurrentPeople;
  readonly log: Log;
}

const Value = z.strictObject({ request: z.string().regex(/^req_[a-z0-9]{1,64}$/), digest: z.string(), view: z.string() });

export class PressRefused extends Failure {}

/** Decides, or tells the presser why not. Never rejects. @returns the request as it then is, when the press counted. */
export async function handlePress(press: Press, parts: PressParts): Promise<ApprovalRequest | undefined> {
  try {
    return await decide(press, parts);
  } catch (error) {
    if (!(error instanceof Failure)) parts.log.error({ err: error }, 'slack: a press failed');
    await tell(press, sentence(error), parts);
    return undefined;
  }
}

async function decide({ decision, value, user }: Press, { desk, web, people }: PressParts): Promise<ApprovalRequest> {
  const button = valueOf(value);
  const person = await personOf(user, web, people);
  const request = await desk.get(button.request);
  if (request === undefined) throw new PressRefused('not_found', `There is no request ${button.request} (any more).`);
  if (request.digest !== button.digest || view(request) !== button.view) {
    throw new PressRefused('digest_mismatch', `${request.id} is not what this message shows, so nothing was decided.`, { hint: `Look at it again: countersign requests show ${request.id}` });
  }
  if (decision === 'approve' && !canBeApprovedHere(request)) {
    throw new PressRefused('incomplete_view', 'The statement is not shown whole here, so it can’t be approved here.', { hint: `Review with: countersign requests show ${request.id}` });
  }
  return desk.decide(request.id, { decision, person, channel: 'slack', seen: button.view });
}

function valueOf(text: string): ButtonValue {
  try {
    return Value.parse(JSON.parse(text));
  } catch (cause) {
    throw new PressRefused('bad_button', 'This button is not one of ours, so nothing was decided.', { cause });
  }
}

function sentence(error: unknown): string {
  if (!(error instanceof Failure)) return 'Countersign failed to take this decision. Look at the request before you try again.';
  return error.hint === undefined ? error.message : `${error.message} ${error.hint}`;
}

async function tell({ channel, user }: Press, text: string, { web, log }: PressParts): Promise<void> {
  try {
    await web.whisper(channel, user, text);
  } catch (error) {
    log.warn({ err: error }, 'slack: a refusal could not be told to the presser');
  }
}
