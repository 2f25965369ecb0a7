/**
 * The index of the journal that this process writes, in a process of its own: SQLite answers only once it is done, and putting a statement in costs more
 * than letting it through. It yields to this one where both want the processor, and may break without it.
 */

import type { ChildProcess } from 'node:child_process';
import { setPriority } from 'node:os';
import { startChild } from '../runtime/child.ts';
import type { Clock } from '../runtime/clock.ts';
import { Failure } from '../runtime/failure.ts';
import { BadSearch } from './failures.ts';
import type { SearchQuery } from './query.ts';
import type { AuditSearch, SearchPage } from './search.ts';

export interface ToHost {
  readonly id: number;
  readonly query: SearchQuery;
}

export type FromHost =
  | { readonly id: number; readonly page: SearchPage }
  | { readonly id: number; readonly bad: { readonly filter: string; readonly why: string; readonly hint: string } }
  | { readonly id: number; readonly failed: string }
  /** Why the index can't be kept up with the journal at the moment. */
  | { readonly problem: string };

export interface IndexProcessOptions {
  /** The journal's. */
  readonly dir: string;
  readonly clock: Clock;
  readonly log: { warn(facts: object, message: string): void };
}

/** Compiled code keeps its extension; sources are run as they are. */
const HOST = new URL(import.meta.url.endsWith('.ts') ? './index-host.ts' : './index-host.js', import.meta.url);
/** What has just started has other things to do. */
const START_MS = 5000;
/** A process that has ended is started again so much later, unless somebody searches. */
const AGAIN_MS = 30_000;
const ANSWER_MS = 30_000;
const END_MS = 2000;
const NICENESS = 10;

export class IndexProcess implements AuditSearch {
  readonly #options: IndexProcessOptions;
  readonly #waiting = new Map<number, (answer: Exclude<FromHost, { problem: string }>) => void>();
  #child: ChildProcess | undefined;
  #starting: { cancel(): void } | undefined;
  #asked = 0;
  #closed = false;

  constructor(options: IndexProcessOptions) {
    this.#options = options;
  }

  /** From shortly on, keeps the index up with the journal; otherwise only from the first search on. */
  keepUp(): void {
    this.#startIn(START_MS);
  }

  async search(query: SearchQuery): Promise<SearchPage> {
    if (this.#closed) throw unavailable();
    const child = this.#child ?? this.#start();
    const id = this.#asked++;
    const answer = await this.#answer(child, { id, query });
    if ('page' in answer) return answer.page;
    if ('bad' in answer) throw new BadSearch(answer.bad.filter, answer.bad.why, answer.bad.hint);
    this.#options.log.warn({ error: answer.failed }, 'audit: a search failed');
    throw unavailable();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#starting?.cancel();
    const child = this.#child;
    if (child === undefined) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    if (child.connected) child.disconnect();
    const late = setTimeout(() => child.kill('SIGKILL'), END_MS);
    await ended;
    clearTimeout(late);
  }

  #startIn(ms: number): void {
    if (this.#closed) return;
    this.#starting?.cancel();
    this.#starting = this.#options.clock.after(ms, () => void (this.#child ?? this.#start()));
  }

  #start(): ChildProcess {
    const child = startChild(HOST, this.#options.dir);
    child.on('message', (message) => this.#heard(message as FromHost)).on('error', () => this.#gone(child)).on('exit', () => this.#gone(child));
    yieldsTo(child);
    this.#child = child;
    return child;
  }

  #heard(message: FromHost): void {
    if ('problem' in message) this.#options.log.warn({ problem: message.problem }, 'audit: the search index can\'t be kept up with the journal');
    else this.#waiting.get(message.id)?.(message);
  }

  #gone(child: ChildProcess): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    for (const [id, settle] of this.#waiting) settle({ id, failed: 'the process of the index has ended' });
    if (this.#closed) return;
    this.#options.log.warn({ code: child.exitCode, signal: child.signalCode }, 'audit: the process of the search index has ended; it is started again');
    this.#startIn(AGAIN_MS);
  }

  async #answer(child: ChildProcess, question: ToHost): Promise<Exclude<FromHost, { problem: string }>> {
    const { promise, resolve } = Promise.withResolvers<Exclude<FromHost, { problem: string }>>();
    this.#waiting.set(question.id, resolve);
    // A search that takes so long keeps all others waiting.
    const deadline = this.#options.clock.after(ANSWER_MS, () => void child.kill('SIGKILL'));
    child.send(question, () => {}); // that it has ended is seen by #gone
    const answer = await promise;
    deadline.cancel();
    this.#waiting.delete(question.id);
    return answer;
  }
}

function unavailable(): Failure {
  return new Failure('unavailable', 'The search index doesn\'t answer.', { hint: 'Try again shortly; the log of the process says why. `countersign audit search` reads the same journal.' });
}

/** Where both want the processor, this one goes first. */
function yieldsTo({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) setPriority(pid, NICENESS);
  } catch {
    // It works without.
  }
}
