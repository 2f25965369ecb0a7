import { boundDigest, textsOf } from '../approval/bound.ts';
import type { DecisionClaims } from '../approval/decision.ts';
import { CLOCK_SKEW_MS, suffice, unfit } from '../approval/verify.ts';
import type { Terms } from '../approval/verify.ts';
import { view } from '../approval/view.ts';
import { canonical } from './canonical.ts';
import type { JournalEvent, StatementEvent } from './events.ts';
import { textHash } from './record.ts';
import type { Checked } from './verify-signatures.ts';

type Opened = Extract<JournalEvent, { kind: 'request.opened' }>;

interface Request {
  readonly id: string;
  readonly draft: Terms;
  readonly view: string;
  readonly session: string;
  /** Hashes of what it asks for and hasn't run yet. */
  readonly left: string[];
  readonly decisions: DecisionClaims[];
  /** Statements that ran without enough decisions on record so far, and since when. */
  early: { readonly at: number; count: number } | undefined;
}

/** Requests are what their digests say, decided about by people who were shown just that, and what ran by them is what they ask for. */
export class RequestChecks {
  readonly #requests = new Map<string, Request>();
  #verified = 0;
  #elsewhere = 0;
  #early = 0;

  /** Statements that people have released: with enough decisions in this journal, or not. */
  get releases(): Checked {
    return { verified: this.#verified, unchecked: this.#elsewhere + this.#early };
  }

  /** Undefined when nothing is wrong. */
  opened(event: Opened): string | undefined {
    const read = readable(event);
    if (read === undefined) return 'what the request\'s digest is made of can\'t be read';
    if (read.digest !== event.digest) return 'the request\'s digest isn\'t that of what it says would run';
    const known = this.#requests.get(event.request);
    // A deferred one is recorded by each that has asked for the same.
    if (known !== undefined) return known.draft.digest === event.digest ? undefined : 'another request was opened under the same id';
    this.#requests.set(event.request, read.request);
    return undefined;
  }

  decided(claims: DecisionClaims): string | undefined {
    const request = this.#requests.get(claims.request);
    if (request === undefined) return undefined;
    const wrong = unfit(claims, request, request.view);
    if (wrong !== undefined) return `the decision isn't about the request as it was opened: ${wrong}`;
    const { early, decisions } = request;
    if (early !== undefined && claims.decision === 'deny') return 'the decision is a denial, and the statement had run';
    if (early !== undefined && claims.at > early.at + CLOCK_SKEW_MS) return undefined;
    decisions.push(claims);
    // The statement may be on record before the decision, if they are by two processes' word.
    if (early !== undefined && this.#isReleased(request)) {
      this.#verified += early.count;
      this.#early -= early.count;
      request.early = undefined;
    }
    return undefined;
  }

  /** @param at milliseconds since 1970 */
  ran(event: StatementEvent & { readonly request: string }, at: number): string | undefined {
    const request = this.#requests.get(event.request);
    if (request === undefined) {
      this.#elsewhere += 1;
      return undefined;
    }
    if (request.draft.mode === 'inline' && request.session !== event.session) return `it ran by ${request.id}, which is another session's`;
    const place = request.left.indexOf(fingerprint(event.text, event.parameters ?? []));
    if (place < 0) return `it isn't what ${request.id} asks for, or has run before`;
    request.left.splice(place, 1);
    if (request.decisions.some(({ decision }) => decision === 'deny')) return `it ran although ${request.id} was denied`;
    if (this.#isReleased(request)) this.#verified += 1;
    else this.#ranEarly(request, at);
    return undefined;
  }

  #ranEarly(request: Request, at: number): void {
    this.#early += 1;
    request.early ??= { at, count: 0 };
    request.early.count += 1;
  }

  #isReleased({ decisions, draft }: Request): boolean {
    return suffice(decisions, draft.quorum);
  }
}

const fingerprint = (text: string, parameters: readonly (string | null)[]): string => textHash(canonical([text, parameters]));

/** What is kept of a request, and its digest computed again; undefined when its parts don't fit together. */
function readable(event: Opened): { readonly request: Request; readonly digest: string } | undefined {
  try {
    return { request: kept(event), digest: boundDigest(event) };
  } catch {
    return undefined;
  }
}

function kept(event: Opened): Request {
  const { request: id, session, agent: name, owner, actsFor, groups, digest, mode, quorum, approvers, breakGlass, expiresAt } = event;
  const agent = { name, owner, groups, ...(actsFor !== undefined && { actsFor }) };
  return {
    id, session, view: view({ ...event, agent }), left: textsOf(event).map(({ text, shown }) => fingerprint(text, shown)), decisions: [], early: undefined,
    draft: { digest, mode, quorum, approvers, ...(breakGlass && { breakGlass }), expiresAt, agent },
  };
}
