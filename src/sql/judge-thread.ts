/** A worker thread for big statements: one at a time, each with a deadline after which the thread is thrown away. */

/* oxlint-disable unicorn/require-post-message-target-origin -- a thread, not a window */

import { Worker } from 'node:worker_threads';
import type { Clock } from '../runtime/clock.ts';
import type { CatalogData } from './catalog.ts';
import { doubtful } from './doubtful.ts';
import type { Facts } from './facts.ts';

/** To the worker. The catalog goes along when the thread doesn't have it yet. */
export interface Order<Context> {
  readonly text: string;
  /** What else the judgement rests on: limits, the session's reading. Plain data. */
  readonly context: Context;
  readonly catalog?: CatalogData;
}

/** From the worker: without facts when it has just become ready. */
export interface Answer {
  readonly facts?: Facts;
}

/** Statements that wait for the thread; more are doubtful at once. */
const QUEUE = 64;

/** A thread that isn't ready after this long won't be. */
const START_MS = 30_000;

interface Waiting<Context> {
  readonly text: string;
  readonly context: Context;
  readonly settle: (facts: Facts) => void;
}

export class JudgeThread<Context> {
  readonly #program: URL;
  readonly #clock: Clock;
  readonly #deadlineMs: number;
  readonly #waiting: Waiting<Context>[] = [];
  #catalog: CatalogData;
  #worker: Worker | undefined;
  /** The catalog the thread has. */
  #told: CatalogData | undefined;
  #busy = false;

  /** @param program the thread's file: it takes orders and gives answers, the first when it is ready */
  constructor(program: URL, catalog: CatalogData, deadlineMs: number, clock: Clock) {
    this.#program = program;
    this.#catalog = catalog;
    this.#deadlineMs = deadlineMs;
    this.#clock = clock;
  }

  useCatalog(catalog: CatalogData): void {
    this.#catalog = catalog;
  }

  /** Never rejects. */
  facts(text: string, context: Context): Promise<Facts> {
    if (this.#waiting.length >= QUEUE) return Promise.resolve(doubtful('Too many big statements are waiting to be understood; try again.'));
    const { promise, resolve } = Promise.withResolvers<Facts>();
    this.#waiting.push({ text, context, settle: resolve });
    void this.#work();
    return promise;
  }

  async close(): Promise<void> {
    await this.#discard();
  }

  async #work(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) next.settle(await this.#judge(next));
    this.#busy = false;
  }

  async #judge({ text, context }: Waiting<Context>): Promise<Facts> {
    const worker = this.#worker ?? (await this.#start());
    if (worker === undefined) return doubtful('The thread that understands big statements could not be started.');
    const told = this.#told === this.#catalog;
    this.#told = this.#catalog;
    const answer = this.#answerOf(worker, this.#deadlineMs);
    worker.postMessage({ text, context, ...(told ? {} : { catalog: this.#catalog }) } satisfies Order<Context>);
    const facts = (await answer)?.facts;
    if (facts !== undefined) return facts;
    await this.#discard();
    return doubtful(`The statement could not be understood within ${this.#deadlineMs} ms.`);
  }

  /** The worker's next message; undefined when it ends or takes too long. */
  async #answerOf(worker: Worker, withinMs: number): Promise<Answer | undefined> {
    const { promise, resolve } = Promise.withResolvers<Answer | undefined>();
    const onEnd = (): void => resolve(undefined);
    worker.once('message', resolve).once('error', onEnd).once('exit', onEnd);
    const deadline = this.#clock.after(withinMs, onEnd);
    const answer = await promise;
    deadline.cancel();
    worker.off('message', resolve).off('error', onEnd).off('exit', onEnd);
    return answer;
  }

  /** A thread whose parser is ready, so that no statement pays for the start. */
  async #start(): Promise<Worker | undefined> {
    const worker = new Worker(this.#program, { resourceLimits: { stackSizeMb: 64, maxOldGenerationSizeMb: 512 } });
    worker.unref();
    // Whoever waits is told by #answerOf; an error between statements only ends the thread.
    worker.on('error', () => this.#forget(worker)).on('exit', () => this.#forget(worker));
    this.#worker = worker;
    if ((await this.#answerOf(worker, START_MS)) !== undefined) return worker;
    await this.#discard();
    return undefined;
  }

  #forget(worker: Worker): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    this.#told = undefined;
  }

  async #discard(): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined) return;
    this.#forget(worker);
    await worker.terminate();
  }
}
