/** `countersign requests watch` in a terminal: the requests, live, and keys that decide about them. */

import { Failure } from '../runtime/failure.ts';
import type { ApiClient } from './client.ts';
import { afterDecision, sendDecision } from './decide.ts';
import { keystrokes } from './keystrokes.ts';
import { watchRequests } from './requests-watch.ts';
import type { Terminal } from './terminal.ts';
import { WatchModel } from './watch-model.ts';
import type { Wish } from './watch-model.ts';

/** The alternate screen of xterm, without a cursor; and back. */
const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';
const HOME = '\u001b[H';
const REST_OF_LINE = '\u001b[K';
const TICK_MS = 1_000;

/** Until the person quits. @throws ClientFailure when no waiting helps */
export async function watchOnScreen(client: ApiClient, terminal: Terminal): Promise<void> {
  const quit = new AbortController();
  const interrupted = AbortSignal.any([terminal.interrupted, quit.signal]);
  const model = new WatchModel(() => ({ columns: terminal.columns ?? 80, rows: terminal.rows ?? 24 }), () => terminal.now());
  const draw = (): void => terminal.out(`${HOME}${model.lines().map((line) => `${line}${REST_OF_LINE}`).join('\r\n')}`);
  terminal.out(ENTER);
  const ticking = setInterval(draw, TICK_MS);
  try {
    const watching = watchRequests(client, { interrupted }, {
      print: (request) => { model.heard(request); draw(); },
      say: (text) => { model.tell(text); draw(); },
    });
    // Whichever ends first ends the other.
    await Promise.all([watching, typed()].map((task) => task.finally(() => quit.abort())));
  } finally {
    clearInterval(ticking);
    terminal.out(LEAVE);
  }

  async function typed(): Promise<void> {
    draw();
    for await (const chunk of terminal.typing(interrupted)) {
      for (const key of keystrokes(chunk)) {
        const wish = model.press(key);
        if (wish?.kind === 'quit') return;
        if (wish !== undefined) await decide(wish);
      }
      draw();
    }
  }

  async function decide({ request, decision, reason }: Extract<Wish, { kind: 'decide' }>): Promise<void> {
    try {
      const after = await sendDecision(client, request, { decision, ...(reason !== undefined && { reason }) });
      model.heard(after);
      model.tell(afterDecision(after));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      model.tell(error.message);
    }
  }
}
