/** What a press of a button is bound to, in every service: the request, and exactly what the message with the button shows. */

import { z } from 'zod';
import type { Desk } from '../approval/desk.ts';
import { LIKE_REQUEST_ID } from '../approval/ids.ts';
import type { ApprovalRequest } from '../approval/request.ts';
import { view } from '../approval/view.ts';
import { Failure } from '../runtime/failure.ts';

/** What a button carries: which request, what it is bound to, and what was shown. */
export interface ButtonValue {
  readonly request: string;
  readonly digest: string;
  readonly view: string;
}

const Value = z.strictObject({ request: z.string().regex(LIKE_REQUEST_ID), digest: z.string(), view: z.string() });

export class PressRefused extends Failure {}

export function buttonValue(request: ApprovalRequest): ButtonValue {
  return { request: request.id, digest: request.digest, view: view(request) };
}

/**
 * The request of a button, if it still is what the message with the button shows.
 * @param value the button's, as JSON
 * @throws PressRefused
 */
export async function shown(value: string, desk: Desk): Promise<ApprovalRequest> {
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
    throw notOurs(cause);
  }
}

export function notOurs(cause?: unknown): PressRefused {
  return new PressRefused('bad_button', 'This button is not one of ours, so nothing was decided.', { cause });
}

/** For an approval of a request that the message doesn't show whole. */
export function notWhole({ id }: ApprovalRequest): PressRefused {
  return new PressRefused('incomplete_view', 'The statement is not shown whole here, so it can’t be approved here.', { hint: `Review with: countersign requests show ${id}` });
}

/** What the presser is told. */
export function sentence(error: unknown): string {
  if (!(error instanceof Failure)) return 'Countersign failed to do this. Look at the request before you try again.';
  return error.hint === undefined ? error.message : `${error.message} ${error.hint}`;
}
