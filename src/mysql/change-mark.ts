import type { ChangeMark } from '../protocol/change-mark.ts';
import type { OwnAccess } from '../protocol/own-access.ts';
import { textQuery } from './text-query.ts';
import { ownLogin, type UpstreamLogin, withLogin } from './upstream.ts';

/** How long an answer may take. Milliseconds. */
const TIMEOUT_MS = 30_000;
/** Largest packet of the answer, bytes. */
const MAX_PACKET = 65_536;

/**
 * How many statements of each kind that changes a catalog the server was ever given (mysqld.cc com_status_vars). They count when they begin, so a long ALTER
 * TABLE changes the catalog after its mark: see CatalogWatch.
 */
const COUNTERS = String.raw`SHOW GLOBAL STATUS WHERE Variable_name REGEXP '^Com_(create|alter|drop|rename)_'`;

export function changeMark(access: OwnAccess): ChangeMark {
  let kept: Promise<UpstreamLogin> | undefined;
  let ending = new AbortController();
  const drop = (): void => {
    void kept?.then(({ exchange }) => exchange.handshake.socket.destroy(), () => {});
    kept = undefined;
  };
  return {
    async read() {
      if (kept === undefined) ending = new AbortController();
      const late = setTimeout(() => ending.abort(new Error('the database did not answer in time')), TIMEOUT_MS);
      try {
        kept ??= logIn(access, ending.signal);
        const { exchange, capabilities } = await kept;
        const rows = await textQuery(exchange, capabilities, COUNTERS);
        return rows.map((row) => Object.values(row).join(' ')).join('\n');
      } catch (error) {
        drop();
        throw error;
      } finally {
        clearTimeout(late);
      }
    },
    close() {
      ending.abort(new Error('closed'));
      drop();
      return Promise.resolve();
    },
  };
}

async function logIn(access: OwnAccess, signal: AbortSignal): Promise<UpstreamLogin> {
  return withLogin(await ownLogin(access, 'catalog', signal), MAX_PACKET, (login) => {
    login.exchange.handshake.socket.on('error', () => {}); // while nothing is asked; the next question finds it gone
    return Promise.resolve(login);
  });
}
