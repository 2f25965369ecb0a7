/** Which button and which form leads where. Slack gives three seconds to acknowledge; what follows may take longer. */

import type { App, BlockAction, ButtonAction } from '@slack/bolt';
import type { ApprovalRequest } from '../../approval/request.ts';
import { DENY_FORM, REASON, askReason, pressOf } from './deny.ts';
import { freeze } from './freeze.ts';
import { APPROVE, DENY, FREEZE, REVIEW } from './message.ts';
import { answering, decide } from './press.ts';
import type { Press, PressParts } from './press.ts';

/** @param decided is called with what a decision made of its request. */
export function takePresses(app: App, parts: PressParts, decided: (request: ApprovalRequest) => void): void {
  const onPress = (action: string, act: (press: Press, trigger: string) => Promise<void>): void => {
    app.action<BlockAction<ButtonAction>>({ type: 'block_actions', action_id: action }, async ({ ack, action: { value }, body }) => {
      await ack();
      await act({ value: value ?? '', user: body.user.id, channel: body.channel?.id ?? '' }, body.trigger_id);
    });
  };
  const take = async (press: Press, decision: 'approve' | 'deny', reason?: string): Promise<void> => {
    const after = await answering(press, parts, () => decide({ ...press, decision, ...(reason !== undefined && { reason }) }, parts));
    if (after !== undefined) decided(after);
  };

  onPress(APPROVE, (press) => take(press, 'approve'));
  onPress(DENY, (press, trigger) => answering(press, parts, () => askReason(trigger, press, parts)));
  onPress(FREEZE, (press) => answering(press, parts, freeze));
  // It only opens a page, but an unacknowledged press looks broken.
  onPress(REVIEW, async () => {});

  app.view({ type: 'view_submission', callback_id: DENY_FORM }, async ({ ack, view, body }) => {
    const reason = view.state.values[REASON]?.[REASON]?.value?.trim() ?? '';
    await ack(reason === '' ? { response_action: 'errors', errors: { [REASON]: 'Say why; the agent is told.' } } : undefined);
    if (reason === '') return;
    const press = pressOf(view.private_metadata, body.user.id);
    if (press !== undefined) await take(press, 'deny', reason);
  });
}
