/** KILL QUERY: how what runs on one connection is stopped, by a statement on another. */

import { QueryFailure, textQuery } from './text-query.ts';
import { ownWishes, type UpstreamOptions, withLogin } from './upstream.ts';

/** ER_NO_SUCH_THREAD: it is gone already. */
const NO_SUCH_THREAD = 1094;
/** Largest packet that answers KILL, bytes. */
const MAX_PACKET = 4096;

/**
 * Logs in as the session did, which may therefore be stopped without further privileges, and has the database stop what the connection runs now.
 * Resolves when the database has said so. Throws UpstreamFailure or QueryFailure.
 */
export async function cancelUpstream(options: Omit<UpstreamOptions, 'wishes'>, connectionId: number): Promise<void> {
  await withLogin({ ...options, wishes: ownWishes('cancel') }, MAX_PACKET, async ({ exchange, capabilities }) => {
    try {
      await textQuery(exchange, capabilities, `KILL QUERY ${connectionId}`);
    } catch (error) {
      if (!(error instanceof QueryFailure) || error.errno !== NO_SUCH_THREAD) throw error;
    }
    exchange.quit();
  });
}
