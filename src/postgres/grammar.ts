/** Asks the server itself whether a text is SQL, without running it: Parse on a connection of its own, then goodbye. */

import { serialize } from 'pg-protocol';
import { FrameScanner } from '../framing/scanner.ts';
import type { GrammarQuestion } from '../protocol/grammar.ts';
import { decodeErrorFields } from './messages/error-response.ts';
import { Backend, backendFormat } from './messages/frame.ts';
import { openUpstream, type Upstream, type UpstreamOptions } from './upstream.ts';

export interface GrammarOptions {
  readonly open: () => Promise<Omit<UpstreamOptions, 'settings' | 'signal'>>;
  /** For connecting and the answer together. */
  readonly timeoutMs: number;
}

/** Questions asked at once; a further one isn't asked. Typing errors are few, and connections are dear. */
const AT_ONCE = 4;
const SYNTAX_ERROR = '42601';

export function grammarQuestion({ open, timeoutMs }: GrammarOptions): GrammarQuestion {
  let asking = 0;
  return async (text) => {
    if (asking >= AT_ONCE) return undefined;
    asking++;
    try {
      const signal = AbortSignal.timeout(timeoutMs);
      return await parse(await openUpstream({ ...(await open()), settings: new Map(), signal }), text, signal);
    } catch {
      return undefined; // not asked: the statement is held as any other that isn't understood
    } finally {
      asking--;
    }
  };
}

type Answer = Awaited<ReturnType<GrammarQuestion>>;

function parse({ wire, rest }: Upstream, text: string, signal: AbortSignal): Promise<Answer> {
  return new Promise<Answer>((resolve) => {
    let answer: Answer;
    const end = (): void => {
      wire.write([serialize.end()]);
      wire.end();
      resolve(answer);
    };
    const frame = (bytes: Buffer, start: number, stop: number): void => {
      if (bytes[start] === Backend.ErrorResponse) answer = syntaxError(bytes.subarray(start, stop));
      if (bytes[start] === Backend.ReadyForQuery) end();
    };
    const scanner = new FrameScanner(backendFormat, { frame, piece: () => {} });
    wire.start({ bytes: (chunk) => scanner.push(chunk), drained: () => {}, ended: () => wire.end(), closed: () => resolve(answer) });
    signal.addEventListener('abort', () => wire.destroy(), { once: true });
    if (rest.length > 0) scanner.push(rest);
    wire.write([serialize.parse({ text }), serialize.sync()]);
  });
}

/** Several commands in one Parse are a syntax error as well, but one without a position: that says nothing of the text. */
function syntaxError(bytes: Buffer): Answer {
  const fields = decodeErrorFields(bytes, 0, bytes.length);
  if (fields.get('C') !== SYNTAX_ERROR || !fields.has('P')) return undefined;
  return { message: fields.get('M') ?? 'syntax error', bytes: Buffer.from(bytes) };
}
