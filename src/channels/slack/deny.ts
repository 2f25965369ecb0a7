/**
 * Deny asks for a reason first: a modal, which Slack opens only within three seconds of the press. What it gives back carries the value
 * of the button, so it is bound to what the message showed. Closing it decides nothing.
 * https://docs.slack.dev/surfaces/modals
 */

import { z } from 'zod';
import { overAlready } from '../../approval/desk-rules.ts';
import { MAX_REASON } from '../../approval/request.ts';
import type { ApprovalRequest } from '../../approval/request.ts';
import { cut } from '../../runtime/cut.ts';
import { headline } from '../facts.ts';
import { PressRefused, shown } from '../press.ts';
import { note, plain, section } from './blocks.ts';
import type { Press, PressParts } from './press.ts';
import { SlackFailure } from './web.ts';

export const DENY_FORM = 'countersign_deny_reason';
/** Block and action of the one input. */
export const REASON = 'reason';

/** Opens the form. @throws PressRefused, DecisionRefused (nothing is left to decide) */
export async function askReason(trigger: string, press: Press, { desk, web, log }: PressParts): Promise<void> {
  const request = await shown(press.value, desk);
  if (request.state !== 'pending') throw overAlready(request);
  try {
    await web.openModal(trigger, denyForm(request, press));
  } catch (error) {
    if (!(error instanceof SlackFailure)) throw error;
    log.warn({ err: error, request: request.id }, 'slack: the form for a reason could not be opened');
    throw new PressRefused('no_form', 'Slack did not open the form for the reason, so nothing was decided.', {
      hint: `Press Deny again, or use: countersign requests deny ${request.id} --reason "…"`, cause: error,
    });
  }
}

function denyForm(request: ApprovalRequest, { value, channel }: Press): Record<string, unknown> {
  return {
    type: 'modal', callback_id: DENY_FORM, private_metadata: JSON.stringify({ value, channel } satisfies Kept),
    title: plain('Deny'), submit: plain('Deny'), close: plain('Cancel'),
    blocks: [
      section(cut(`${headline(request)}. It is told your reason.`, 500)),
      {
        type: 'input', block_id: REASON, label: plain('Reason'),
        element: { type: 'plain_text_input', action_id: REASON, multiline: true, min_length: 1, max_length: MAX_REASON },
      },
      note(request.id),
    ],
  };
}

type Kept = Pick<Press, 'value' | 'channel'>;
const Kept = z.strictObject({ value: z.string(), channel: z.string() });

/** What a form that came back says: Slack keeps the metadata, the person never sees it. Undefined for a form that isn't ours. */
export function pressOf(metadata: string, user: string): Press | undefined {
  try {
    return { ...Kept.parse(JSON.parse(metadata)), user };
  } catch {
    return undefined;
  }
}
