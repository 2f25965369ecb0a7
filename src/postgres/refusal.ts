/** Refusals in PostgreSQL's terms: SQLSTATEs, and messages that take a refused one's place. */

import { randomBytes } from 'node:crypto';
import type { Refusal, RefusalCode } from '../protocol/refusal.ts';
import { encodeErrorResponse, encodeNoticeResponse } from './messages/error-response.ts';
import { encodeCopyFail, encodeExecute, encodeQuery } from './messages/extended.ts';

/** Appendix A of the documentation. What isn't listed is insufficient_privilege. */
const SQLSTATES: Partial<Record<RefusalCode, string>> = {
  cancelled: '57014', // query_canceled
  syntax_error: '42601',
  too_large: '54000', // program_limit_exceeded
  protocol_violation: '08P01',
  unsupported: '0A000', // feature_not_supported
  unknown_statement: '26000', // invalid_sql_statement_name
  unknown_portal: '34000', // invalid_cursor_name
  journal_unavailable: '58030', // io_error
  approvals_unavailable: '58000', // system_error
  upstream_unavailable: '08006', // connection_failure
  login_refused: '28P01', // invalid_password
  login_expired: '57P01', // admin_shutdown
  session_killed: '57P01', // admin_shutdown
  shutting_down: '57P01',
  handshake_timeout: '08P01',
  idle_timeout: '57P05', // idle_session_timeout
  internal: 'XX000',
};

export function sqlstate(code: RefusalCode): string {
  return SQLSTATES[code] ?? '42501';
}

/** DETAIL is one line of JSON, so that an agent's program can read it. */
export function encodeRefusal(refusal: Refusal, severity: 'ERROR' | 'FATAL'): Buffer {
  if (refusal.verbatim !== undefined) return refusal.verbatim;
  const detail = refusal.detail === undefined ? undefined : JSON.stringify({ code: refusal.code, ...refusal.detail });
  return encodeErrorResponse({
    severity,
    sqlstate: sqlstate(refusal.code),
    message: refusal.message,
    ...(detail === undefined ? {} : { detail }),
    ...(refusal.hint === undefined ? {} : { hint: refusal.hint }),
  });
}

export function encodeNotice(message: string, detail?: string, hint?: string): Buffer {
  return encodeNoticeResponse({ severity: 'NOTICE', sqlstate: '00000', message, ...(detail === undefined ? {} : { detail }), ...(hint === undefined ? {} : { hint }) });
}

/** In the place of a message that may not come while the server reads COPY data, which ends the COPY with an error there, too. */
export const INTERRUPTED_COPY = encodeCopyFail('another message came before CopyDone');

/**
 * In the place of a refused Query: text that no grammar accepts, so that the server itself raises an error, aborts an open
 * transaction and tells the true transaction status. Its error is replaced by the refusal.
 */
export const PLACEHOLDER_QUERY = encodeQuery('"countersign refused a statement here"');

/**
 * In the place of a refused portal: Execute of one that can't exist, with the same purpose. (A Parse would do as well but for
 * dropping the unnamed statement.) The name can't be guessed: a client that bound it would have its portal run.
 */
export function placeholderExecute(): Buffer {
  return encodeExecute(`countersign refused ${randomBytes(16).toString('hex')}`);
}
