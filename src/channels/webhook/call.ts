/** One call of a webhook. */

import { VERSION } from '../../version.ts';
import { MOST_CALL_MS } from '../turn.ts';

export type Called =
  | { readonly ok: true }
  | {
      readonly ok: false;
      /** For people: what went wrong. */
      readonly why: string;
      /** The receiver wants nothing any more (410). */
      readonly gone?: boolean;
      /** What it asked for (Retry-After), milliseconds. */
      readonly notBeforeMs?: number;
      /** It was no try: nothing was sent. */
      readonly unsent?: boolean;
    };

const MOST_WAIT_MS = 3_600_000;

/**
 * Redirects aren't followed, since they lead where the operator hasn't pointed; the answer's body is of no interest. Never rejects.
 * @param ended when nobody waits for it any more
 */
export async function call(url: string, body: string, headers: Readonly<Record<string, string>>, ended: AbortSignal): Promise<Called> {
  try {
    const response = await fetch(url, {
      method: 'POST', body, redirect: 'manual', signal: AbortSignal.any([ended, AbortSignal.timeout(MOST_CALL_MS)]),
      headers: { ...headers, 'content-type': 'application/json', 'user-agent': `countersign/${VERSION}` },
    });
    await response.body?.cancel();
    if (response.ok) return { ok: true };
    const notBeforeMs = retryAfter(response.headers.get('retry-after'));
    return { ok: false, why: `answered ${response.status}`, gone: response.status === 410, ...(notBeforeMs !== undefined && { notBeforeMs }) };
  } catch (error) {
    return { ok: false, why: reasonOf(error) };
  }
}

/** Seconds only; the other form, a date, depends on clocks that agree. */
function retryAfter(header: string | null): number | undefined {
  return header !== null && /^\d{1,6}$/.test(header) ? Math.min(Number(header) * 1000, MOST_WAIT_MS) : undefined;
}

/** Without the address, which may hold a secret. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'failed';
  if (error.name === 'TimeoutError') return `no answer within ${MOST_CALL_MS / 1000} s`;
  const { cause } = error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
  return code === undefined ? 'no connection' : `no connection (${code})`;
}
