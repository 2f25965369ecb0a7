import { Failure } from '../runtime/failure.ts';

/** A filter that can't be meant. `filter`: its name. */
export class BadSearch extends Failure {
  readonly filter: string;
  readonly why: string;

  constructor(filter: string, why: string, hint: string) {
    super('bad_search', `${filter}: ${why}.`, { hint });
    this.filter = filter;
    this.why = why;
  }
}
