import { ESTIMATE_MS, type EstimateQuestion } from '../protocol/estimate.ts';
import type { CatalogAccess } from './catalog-source.ts';
import { Command } from './packets/commands.ts';
import { type TextRow, textQuery } from './text-query.ts';
import { ownWishes, withLogin } from './upstream.ts';

/** Questions asked at once; a further one isn't asked. */
const AT_ONCE = 4;
/** Largest packet of the answer, bytes. */
const MAX_PACKET = 0x10_0000;

/** EXPLAIN on a connection of its own. Values of prepared statements aren't in their texts: of these nothing is told. */
export function estimateQuestion({ database, password, authorities }: CatalogAccess): EstimateQuestion {
  let asking = 0;
  return async ({ text, parameters, settings }) => {
    if (parameters.length > 0 || asking >= AT_ONCE) return undefined;
    asking++;
    try {
      const [ca, secret] = await Promise.all([authorities(), password()]);
      const options = { database, password: secret, ca, wishes: ownWishes('estimate'), signal: AbortSignal.timeout(ESTIMATE_MS) };
      return await withLogin(options, MAX_PACKET, async ({ exchange, capabilities }) => {
        const schema = settings.get('database');
        if (schema !== undefined) await textQuery(exchange, capabilities, `USE \`${schema.replaceAll('`', '``')}\``);
        const rows = await textQuery(exchange, capabilities, `EXPLAIN FORMAT=TRADITIONAL ${text}`);
        exchange.command(Buffer.of(Command.Quit));
        exchange.handshake.socket.destroySoon();
        return rowsOf(rows);
      });
    } catch {
      return undefined; // people are shown no number
    } finally {
      asking--;
    }
  };
}

/** The product over the tables of the outermost query's join: how many rows of each are read, and how many of these are kept. */
function rowsOf(plan: readonly TextRow[]): number | undefined {
  const id = plan[0]?.['id'];
  const counts = plan.filter((row) => row['id'] === id).map((row) => Number(row['rows'] ?? Number.NaN) * (Number(row['filtered'] ?? 100) / 100));
  const product = counts.reduce((all, count) => all * count, 1);
  return counts.length === 0 || !Number.isFinite(product) ? undefined : Math.round(product);
}
