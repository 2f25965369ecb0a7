/** Asks the server itself whether a text is SQL, without running it: COM_STMT_PREPARE on a connection of its own, then goodbye. */

import type { GrammarQuestion } from '../protocol/grammar.ts';
import type { Exchange } from './exchange.ts';
import { Command } from './packets/commands.ts';
import { decodeErr, isErr } from './packets/err.ts';
import { packets } from './packets/frame.ts';
import { ownWishes, type UpstreamOptions, withLogin } from './upstream.ts';

export interface GrammarOptions {
  readonly open: () => Promise<Omit<UpstreamOptions, 'wishes' | 'signal'>>;
  /** For connecting and the answer together. */
  readonly timeoutMs: number;
}

/** Questions asked at once; a further one isn't asked. Typing errors are few, and connections are dear. */
const AT_ONCE = 4;
/** ER_PARSE_ERROR. */
const PARSE_ERROR = 1064;
/** Largest packet of the answer, bytes. */
const MAX_PACKET = 65_536;

/** The database's account is asked in its own sql_mode. The error is one whole packet, whose sequence id says nothing. */
export function grammarQuestion({ open, timeoutMs }: GrammarOptions): GrammarQuestion {
  let asking = 0;
  return async (text) => {
    // PREPARE takes one statement: of several it says that the second is a syntax error, whatever it is.
    if (/;\s*\S/.test(text) || asking >= AT_ONCE) return undefined;
    asking++;
    try {
      const options = { ...(await open()), wishes: ownWishes('grammar'), signal: AbortSignal.timeout(timeoutMs) };
      return await withLogin(options, MAX_PACKET, ({ exchange }) => prepare(exchange, text));
    } catch {
      return undefined; // not asked: the statement is held as any other that isn't understood
    } finally {
      asking--;
    }
  };
}

async function prepare(exchange: Exchange, text: string): Promise<Awaited<ReturnType<GrammarQuestion>>> {
  exchange.command(Buffer.concat([Buffer.of(Command.StmtPrepare), Buffer.from(text, 'utf8')]));
  const payload = Buffer.from(await exchange.read());
  exchange.command(Buffer.of(Command.Quit));
  exchange.handshake.socket.destroySoon();
  if (!isErr(payload)) return undefined;
  const { errno, message } = decodeErr(payload);
  return errno === PARSE_ERROR ? { message, bytes: packets(1, payload) } : undefined;
}
