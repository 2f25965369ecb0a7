/** Asks the server itself whether a text is SQL, without running it: COM_STMT_PREPARE on a connection of its own, then goodbye. */

import { fewAtOnce } from '../protocol/few-at-once.ts';
import type { GrammarQuestion } from '../protocol/grammar.ts';
import type { OwnAccess } from '../protocol/own-access.ts';
import type { Exchange } from './exchange.ts';
import { Command } from './packets/commands.ts';
import { decodeErr, isErr } from './packets/err.ts';
import { packets } from './packets/frame.ts';
import { ownLogin, withLogin } from './upstream.ts';

/** ER_PARSE_ERROR. */
const PARSE_ERROR = 1064;
/** Largest packet of the answer, bytes. */
const MAX_PACKET = 65_536;

/**
 * The database's account is asked in its own sql_mode. The error is one whole packet, whose sequence id says nothing.
 * @param timeoutMs for connecting and the answer together
 */
export function grammarQuestion(access: OwnAccess, timeoutMs: number): GrammarQuestion {
  return fewAtOnce(async (text) => {
    // PREPARE takes one statement: of several it says that the second is a syntax error, whatever it is.
    if (/;\s*\S/.test(text)) return undefined;
    return withLogin(await ownLogin(access, 'grammar', timeoutMs), MAX_PACKET, ({ exchange }) => prepare(exchange, text));
  });
}

async function prepare(exchange: Exchange, text: string): Promise<Awaited<ReturnType<GrammarQuestion>>> {
  exchange.command(Buffer.concat([Buffer.of(Command.StmtPrepare), Buffer.from(text, 'utf8')]));
  const payload = Buffer.from(await exchange.read());
  exchange.quit();
  if (!isErr(payload)) return undefined;
  const { errno, message } = decodeErr(payload);
  return errno === PARSE_ERROR ? { message, bytes: packets(1, payload) } : undefined;
}
