/** How the API says no: RFC 9457 problem documents, one closed list of codes to statuses. */

import { Failure } from '../runtime/failure.ts';

/** HTTP status by failure code. A code that isn't here is our own mistake: 500, and its text stays in the log. */
const STATUS: Readonly<Record<string, number>> = {
  bad_request: 400,
  bad_json: 400,
  bad_search: 400,
  unauthenticated: 401,
  reason_required: 400,
  missing_scope: 403,
  self_approval: 403,
  not_an_approver: 403,
  sign_in_refused: 403,
  not_found: 404,
  method_not_allowed: 405,
  already_decided: 409,
  already_voted: 409,
  digest_mismatch: 409,
  expired: 409,
  incomplete_view: 409,
  too_large: 413,
  unsupported_media_type: 415,
  too_many_failures: 429,
  too_many_streams: 503,
  unavailable: 503,
  approvals_unavailable: 503,
  issuer_unavailable: 503,
};

export class ApiProblem extends Failure {
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: string, message: string, options: { hint?: string; headers?: Readonly<Record<string, string>> } = {}) {
    super(code, message, options);
    this.headers = options.headers ?? {};
  }
}

/** The body of every refusal. `detail` is a sentence for a person, `hint` what to do next. */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly hint?: string;
}

/** True for failures whose message was written for the caller. */
export function isForCaller(error: unknown): error is Failure {
  return error instanceof Failure && statusOf(error) !== 500;
}

export function problemResponse(error: unknown): Response {
  const document = isForCaller(error) ? documentOf(error) : internal();
  const headers = { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...(error instanceof ApiProblem ? error.headers : {}) };
  return new Response(JSON.stringify(document), { status: document.status, headers });
}

function statusOf(failure: Failure): number {
  // The store's own failure has a name of its own; whatever its code, the caller can only come back later.
  if (failure.name === 'ApprovalsUnavailable') return 503;
  return Object.hasOwn(STATUS, failure.code) ? (STATUS[failure.code] ?? 500) : 500;
}

function documentOf(failure: Failure): ProblemDocument {
  const document = {
    type: `urn:countersign:problem:${failure.code}`,
    title: failure.code.replaceAll('_', ' '),
    status: statusOf(failure),
    code: failure.code,
    detail: failure.message,
  };
  return failure.hint === undefined ? document : { ...document, hint: failure.hint };
}

function internal(): ProblemDocument {
  return {
    type: 'urn:countersign:problem:internal',
    title: 'internal',
    status: 500,
    code: 'internal',
    detail: 'Countersign failed to answer this call.',
    hint: 'The log of the process says why; nothing was decided unless a later look at the request says so.',
  };
}
