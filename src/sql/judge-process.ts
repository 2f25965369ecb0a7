/**
 * Big statements are understood beside the loop, one at a time, each with a deadline after which what works on it is thrown away.
 *
 * In a process of its own: a hostile text may make V8 or a parser's WASM give up for good (out of memory, a table too large),
 * and that ends the whole process it happens in, worker threads or not.
 */

import type { ChildProcess } from 'node:child_process';
import type { SightData } from '../masking/sight.ts';
import type { Substitution } from '../masking/substitution.ts';
import { startChild } from '../runtime/child.ts';
import type { Clock } from '../runtime/clock.ts';
import type { CatalogData } from './catalog.ts';
import { doubtful } from './doubtful.ts';
import type { Facts } from './facts.ts';

/** The catalog goes along when the process doesn't have it yet. */
export interface Order<Context> {
  readonly text: string;
  /** What else the answer rests on: limits, the session's reading. Plain data. */
  readonly context: Context;
  readonly catalog?: CatalogData;
  /** Asks for a substitution in this sight; without it, for facts. */
  readonly sight?: SightData;
}

/** Empty when the process has just become ready. */
export interface Answer {
  readonly facts?: Facts;
  readonly substitution?: Substitution;
}

/** Statements that wait for the process; for more there is no answer. */
const QUEUE = 64;

/** A process that isn't ready after this long won't be. */
const START_MS = 30_000;

/** Compiled code keeps its extension; sources are run as they are. */
const HOST = new URL(import.meta.url.endsWith('.ts') ? './judge-host.ts' : './judge-host.js', import.meta.url);

interface Waiting<Context> {
  readonly order: Order<Context>;
  readonly settle: (answer: Answer | string) => void;
}

export class JudgeProcess<Context> {
  readonly #program: URL;
  readonly #clock: Clock;
  readonly #deadlineMs: number;
  readonly #waiting: Waiting<Context>[] = [];
  #catalog: CatalogData;
  #child: ChildProcess | undefined;
  /** The catalog the process has. */
  #told: CatalogData | undefined;
  #busy = false;

  /** @param program the file of a thread that takes orders and gives answers, the first when it is ready; see judge-host.ts */
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
  async facts(text: string, context: Context): Promise<Facts> {
    const answer = await this.#ask({ text, context });
    return typeof answer === 'string' ? doubtful(answer) : (answer.facts ?? doubtful('The statement could not be understood.'));
  }

  /** Never rejects. */
  async substitution(text: string, context: Context, sight: SightData): Promise<Substitution> {
    const answer = await this.#ask({ text, context, sight });
    if (typeof answer !== 'string' && answer.substitution !== undefined) return answer.substitution;
    return { edits: [], uses: [], obstacle: typeof answer === 'string' ? answer : 'The statement could not be understood.' };
  }

  async close(): Promise<void> {
    await this.#discard();
  }

  /** A sentence when there is no answer. */
  #ask(order: Order<Context>): Promise<Answer | string> {
    if (this.#waiting.length >= QUEUE) return Promise.resolve('Too many big statements are waiting to be understood; try again.');
    const { promise, resolve } = Promise.withResolvers<Answer | string>();
    this.#waiting.push({ order, settle: resolve });
    void this.#work();
    return promise;
  }

  async #work(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) next.settle(await this.#obey(next.order));
    this.#busy = false;
  }

  async #obey(order: Order<Context>): Promise<Answer | string> {
    const child = this.#child ?? (await this.#start());
    if (child === undefined) return 'The process that understands big statements could not be started.';
    const told = this.#told === this.#catalog;
    this.#told = this.#catalog;
    const answered = this.#answerOf(child, this.#deadlineMs);
    child.send({ ...order, ...(told ? {} : { catalog: this.#catalog }) } satisfies Order<Context>, () => {}); // that it has ended is seen below
    const answer = await answered;
    if (answer !== undefined) return answer;
    const gone = this.#child !== child;
    await this.#discard();
    return gone ? 'The statement broke what tries to understand it.' : `The statement could not be understood within ${this.#deadlineMs} ms.`;
  }

  /** The process's next message; undefined when it ends or takes too long. */
  async #answerOf(child: ChildProcess, withinMs: number): Promise<Answer | undefined> {
    const { promise, resolve } = Promise.withResolvers<Answer | undefined>();
    const onMessage = (message: unknown): void => resolve(message as Answer);
    const onEnd = (): void => resolve(undefined);
    child.once('message', onMessage).once('error', onEnd).once('exit', onEnd);
    const deadline = this.#clock.after(withinMs, onEnd);
    const answer = await promise;
    deadline.cancel();
    child.off('message', onMessage).off('error', onEnd).off('exit', onEnd);
    return answer;
  }

  /** A process whose parser is ready, so that no statement pays for the start. */
  async #start(): Promise<ChildProcess | undefined> {
    const child = startChild(HOST, this.#program.href);
    // Whoever waits is told by #answerOf; an end between statements only means that the next one starts another.
    child.on('error', () => this.#forget(child)).on('exit', () => this.#forget(child));
    this.#child = child;
    if ((await this.#answerOf(child, START_MS)) !== undefined) return child;
    await this.#discard();
    return undefined;
  }

  #forget(child: ChildProcess): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    this.#told = undefined;
  }

  async #discard(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    this.#forget(child);
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }
}
