import { sign, verify } from './jws.ts';
import { SignatureInvalid } from './failures.ts';
import type { DecisionKeys } from './keys.ts';
import type { ApprovalRequest, RequestDraft } from './request.ts';
import { draftHash } from './view.ts';

/** The gate's signature over a request it opens: id and whole draft, so that no store can make people see another text or context. */
export function seal(id: string, draft: RequestDraft, keys: DecisionKeys): Promise<string> {
  return sign('countersign-request+jws', { request: id, draft: draftHash(draft) }, keys);
}

/** Throws SignatureInvalid unless the request is, in every field of its draft, the one a gate opened under this id. */
export async function verifySeal(request: ApprovalRequest, keys: DecisionKeys): Promise<void> {
  const claims = await verify('countersign-request+jws', request.seal, keys) as { request?: unknown; draft?: unknown } | null;
  if (claims?.request !== request.id) throw new SignatureInvalid('The request has the seal of another one.');
  if (claims.draft !== draftHash(request)) throw new SignatureInvalid('The request is not as the gate has opened it.');
}
