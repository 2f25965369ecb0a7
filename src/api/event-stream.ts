/**
 * `GET /api/v1/requests/events`: every request as it becomes, as server-sent events (WHATWG HTML, section 9.2).
 *
 *     : connected
 *
 *     event: request
 *     data: {"id":"req_…","state":"pending",…}
 *
 * The comment line is sent once the watch is on, so a client that lists after it misses nothing.
 */

import type { Desk } from '../approval/desk.ts';
import type { ApprovalRequest } from '../approval/request.ts';
import type { Clock } from '../runtime/clock.ts';
import { ApiProblem } from './problem.ts';
import { requestView } from './views.ts';

const MAX_STREAMS = 100;
/** A dead client is found out by writing to it. */
const HEARTBEAT_MS = 15_000;

export class EventStreams {
  readonly #desk: Desk;
  readonly #clock: Clock;
  readonly #text: (request: ApprovalRequest) => string;
  readonly #open = new Set<AbortController>();

  /** @param text one whole event for a changed request. */
  constructor(desk: Desk, clock: Clock, text = eventText) {
    this.#desk = desk;
    this.#clock = clock;
    this.#text = text;
  }

  /**
   * @param gone aborts when the client is gone.
   * @param counts may its person still look? Asked before anything is sent.
   */
  open(gone: AbortSignal, counts: () => boolean = () => true): Response {
    if (this.#open.size >= MAX_STREAMS) {
      throw new ApiProblem('too_many_streams', `${MAX_STREAMS} event streams are open already.`, { hint: 'Close one, or list requests instead.' });
    }
    const stop = new AbortController();
    this.#open.add(stop);
    const signal = AbortSignal.any([gone, stop.signal]);
    signal.addEventListener('abort', () => this.#open.delete(stop), { once: true });
    if (signal.aborted) this.#open.delete(stop);
    return new Response(this.#body(signal, stop, counts), {
      headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' },
    });
  }

  closeAll(): void {
    for (const stop of this.#open) stop.abort();
  }

  #body(signal: AbortSignal, stop: AbortController, counts: () => boolean): ReadableStream<Uint8Array> {
    const encoder = new TextEncoder();
    const changes = this.#desk.watch(signal)[Symbol.asyncIterator]();
    // Asked for at once: a watch need not be on before its first `next`.
    let next = changes.next();
    let timer: { cancel(): void } | undefined;
    const beat = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
      if (!counts()) return stop.abort();
      if ((controller.desiredSize ?? 0) > 0) controller.enqueue(encoder.encode(': \n\n'));
      timer = this.#clock.after(HEARTBEAT_MS, () => beat(controller));
    };
    signal.addEventListener('abort', () => timer?.cancel(), { once: true });
    return new ReadableStream<Uint8Array>({
      start: (controller) => {
        controller.enqueue(encoder.encode(': connected\n\n'));
        timer = this.#clock.after(HEARTBEAT_MS, () => beat(controller));
      },
      // Called again only when the client has taken what it was sent: a slow one waits, it doesn't pile up here.
      pull: async (controller) => {
        const change = await next;
        if (change.done === true || signal.aborted || !counts()) {
          stop.abort();
          controller.close();
          return;
        }
        next = changes.next();
        controller.enqueue(encoder.encode(this.#text(change.value)));
      },
      cancel: () => stop.abort(),
    });
  }
}

/** JSON escapes line breaks, so one data line carries the request whatever its statement contains. */
function eventText(request: ApprovalRequest): string {
  return `event: request\ndata: ${JSON.stringify(requestView(request))}\n\n`;
}
