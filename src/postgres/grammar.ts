/** Asks the server itself whether a text is SQL, without running it: Parse on a connection of its own, then goodbye. */

import { serialize } from 'pg-protocol';
import { FrameScanner } from '../framing/scanner.ts';
import { fewAtOnce } from '../protocol/few-at-once.ts';
import type { GrammarQuestion } from '../protocol/grammar.ts';
import type { OwnAccess } from '../protocol/own-access.ts';
import { decodeErrorFields } from './messages/error-response.ts';
import { Backend, backendFormat } from './messages/frame.ts';
import { openUpstream, type Upstream } from './upstream.ts';

const SYNTAX_ERROR = '42601';

/** @param timeoutMs for connecting and the answer together */
export function grammarQuestion({ database, password, authorities }: OwnAccess, timeoutMs: number): GrammarQuestion {
  return fewAtOnce(async (text) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const [ca, secret] = await Promise.all([authorities(), password()]);
    return parse(await openUpstream({ database, password: secret, ca, settings: new Map(), signal }), text, signal);
  });
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
