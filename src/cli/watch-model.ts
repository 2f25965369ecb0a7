/** What the screen of `requests watch` shows and what keys do there. No input or output: see watch-screen.ts. */

import type { ApprovalRequestView } from '../api/schemas.ts';
import { MAX_REASON } from '../approval/request.ts';
import { requestLine, requestText, wrapped } from './request-text.ts';

/** What a key asks of the world. */
export type Wish =
  | { readonly kind: 'quit' }
  | { readonly kind: 'decide'; readonly request: ApprovalRequestView; readonly decision: 'approve' | 'deny'; readonly reason?: string };

type Mode = 'list' | 'text' | 'confirm' | 'reason';

const MOST_ENDED = 20;
const HELP: { readonly [M in Mode]: string } = {
  list: 'j/k move  Enter show whole  a approve  d deny  q quit',
  text: 'j/k space scroll  a approve  d deny  Esc back',
  confirm: 'Approve exactly this? y yes, any other key no',
  reason: 'Why? Enter denies, Esc goes back: ',
};

export class WatchModel {
  readonly #requests = new Map<string, ApprovalRequestView>();
  readonly #size: () => { readonly columns: number; readonly rows: number };
  readonly #now: () => number;
  #selected: string | undefined;
  #mode: Mode = 'list';
  #top = 0;
  /** Lines of the text that were on the screen, from its beginning. */
  #seen = 0;
  /** For which width that is. */
  #columns = 0;
  #reason = '';
  #note = '';

  constructor(size: () => { readonly columns: number; readonly rows: number }, now: () => number) {
    this.#size = size;
    this.#now = now;
  }

  heard(request: ApprovalRequestView): void {
    const before = this.#requests.get(request.id);
    this.#requests.set(request.id, request);
    if (before !== undefined && before.view !== request.view && request.id === this.#selected) this.#readAnew();
    const ended = [...this.#requests.values()].filter(({ id, state }) => state !== 'pending' && id !== this.#selected);
    for (const { id } of ended.slice(0, Math.max(0, ended.length - MOST_ENDED))) this.#requests.delete(id);
    this.#selected ??= request.id;
  }

  tell(note: string): void {
    this.#note = note;
  }

  /** Lines of the screen: one of heading, then the list or the text, then one of what keys do. */
  lines(): readonly string[] {
    const { columns, rows } = this.#size();
    const height = Math.max(1, rows - 2);
    const body = this.#mode === 'list' ? this.#list(height) : this.#text(height);
    const waiting = [...this.#requests.values()].filter(({ state }) => state === 'pending').length;
    const foot = this.#mode === 'reason' ? `${HELP.reason}${this.#reason.slice(-Math.max(10, columns - HELP.reason.length - 1))}` : this.#note === '' ? HELP[this.#mode] : this.#note;
    const all = [`${waiting} waiting`, ...body, ...Array.from({ length: height - body.length }, () => ''), foot];
    return all.map((line) => wrapped(line, columns)[0] ?? '');
  }

  press(key: string): Wish | undefined {
    this.#note = '';
    if (this.#mode === 'reason') return this.#write(key);
    if (key === 'quit') return { kind: 'quit' };
    if (this.#mode === 'confirm') return this.#answer(key);
    return this.#mode === 'list' ? this.#choose(key) : this.#read(key);
  }

  #choose(key: string): Wish | undefined {
    if (key === 'q') return { kind: 'quit' };
    if (key === 'j' || key === 'down') this.#move(1);
    if (key === 'k' || key === 'up') this.#move(-1);
    if (key === 'd') this.#deny();
    // One line of a list isn't what an approval is for.
    if (key === 'enter' || key === 'a') this.#open();
    return undefined;
  }

  #read(key: string): Wish | undefined {
    const page = Math.max(1, this.#size().rows - 2);
    if (key === 'j' || key === 'down') this.#scroll(1);
    if (key === 'k' || key === 'up') this.#scroll(-1);
    if (key === ' ' || key === 'page down') this.#scroll(page);
    if (key === 'page up') this.#scroll(-page);
    if (key === 'q' || key === 'escape') this.#mode = 'list';
    if (key === 'd') this.#deny();
    if (key === 'a') this.#approve();
    return undefined;
  }

  #answer(key: string): Wish | undefined {
    this.#mode = 'text';
    const request = this.#current();
    if (key !== 'y' || request === undefined) return undefined;
    return { kind: 'decide', request, decision: 'approve' };
  }

  #write(key: string): Wish | undefined {
    const request = this.#current();
    if (key === 'escape' || key === 'quit') this.#mode = 'list';
    else if (key === 'backspace') this.#reason = this.#reason.replace(/.$/su, '');
    else if (key !== 'enter') this.#reason = /^.$/su.test(key) ? `${this.#reason}${key}`.slice(0, MAX_REASON) : this.#reason;
    else if (this.#reason.trim() !== '' && request !== undefined) {
      this.#mode = 'list';
      return { kind: 'decide', request, decision: 'deny', reason: this.#reason.trim() };
    }
    return undefined;
  }

  #approve(): void {
    if (!this.#isPending()) return;
    if (this.#seen < this.#whole().length) this.#note = `Scroll to the end first: ${this.#seen} of ${this.#whole().length} lines seen.`;
    else this.#mode = 'confirm';
  }

  #deny(): void {
    if (!this.#isPending()) return;
    this.#reason = '';
    this.#mode = 'reason';
  }

  #isPending(): boolean {
    const request = this.#current();
    if (request !== undefined && request.state !== 'pending') this.#note = `${request.id} is ${request.state} already.`;
    return request?.state === 'pending';
  }

  #open(): void {
    if (this.#current() === undefined) return;
    this.#mode = 'text';
    this.#top = 0;
    this.#seen = 0;
  }

  /** What is shown isn't what was seen so far. */
  #readAnew(): void {
    if (this.#mode === 'confirm') this.#mode = 'text';
    this.#top = 0;
    this.#seen = 0;
  }

  #move(by: number): void {
    const ids = [...this.#requests.keys()];
    const at = ids.indexOf(this.#selected ?? '');
    this.#selected = ids[Math.max(0, Math.min(ids.length - 1, at + by))];
  }

  /** Never further than to the next line that wasn't seen, so that nothing is passed over. */
  #scroll(by: number): void {
    this.#top = Math.max(0, Math.min(this.#whole().length - 1, this.#seen, this.#top + by));
  }

  #current(): ApprovalRequestView | undefined {
    return this.#requests.get(this.#selected ?? '');
  }

  #list(height: number): string[] {
    const all = [...this.#requests.values()];
    const at = Math.max(0, all.findIndex(({ id }) => id === this.#selected));
    const from = Math.max(0, Math.min(at - Math.floor(height / 2), all.length - height));
    return all.slice(from, from + height).map((request) => `${request.id === this.#selected ? '>' : ' '} ${requestLine(request, this.#now())}`);
  }

  #text(height: number): string[] {
    const { columns } = this.#size();
    if (columns !== this.#columns) this.#readAnew();
    this.#columns = columns;
    const whole = this.#whole();
    if (this.#top <= this.#seen) this.#seen = Math.max(this.#seen, Math.min(whole.length, this.#top + height));
    return whole.slice(this.#top, this.#top + height);
  }

  #whole(): readonly string[] {
    const request = this.#current();
    return request === undefined ? [] : requestText(request, this.#now(), this.#size().columns).trimEnd().split('\n').flatMap((line) => wrapped(line, this.#size().columns));
  }
}
