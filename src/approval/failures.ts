import { Failure } from '../runtime/failure.ts';

/** The store can't be reached or doesn't answer. Nothing was decided or released, as far as this process knows. */
export class ApprovalsUnavailable extends Failure {
  constructor(cause?: unknown) {
    super('approvals_unavailable', 'The store of approvals does not answer, so nothing can be held or released now.', {
      hint: 'Try again shortly. If it lasts, the operator should look at the address in approvals.store and at that server.',
      cause,
    });
  }
}

/** The statement can't be held at all; the message speaks to the agent. It must be refused. */
export class HoldRefused extends Failure {
  declare readonly code: 'request_too_large' | 'too_many_requests';

  constructor(code: 'request_too_large' | 'too_many_requests', message: string, hint: string) {
    super(code, message, { hint });
  }
}

export type DecisionRefusal =
  | 'not_found' | 'already_decided' | 'expired' | 'self_approval' | 'not_an_approver' | 'already_voted' | 'incomplete_view' | 'reason_required';

/** Why this person's press counts for nothing; the message speaks to that person. */
export class DecisionRefused extends Failure {
  declare readonly code: DecisionRefusal;

  constructor(code: DecisionRefusal, message: string, hint?: string) {
    super(code, message, hint === undefined ? {} : { hint });
  }
}

/** A JWS that isn't one of ours, or doesn't say what it must. Never shown to agents. */
export class SignatureInvalid extends Failure {
  constructor(message: string, cause?: unknown) {
    super('signature_invalid', message, { cause });
  }
}
