import { Findings as Gathered } from '../findings.ts';
import type { Source } from './scope.ts';

export { Touch } from '../findings.ts';

export class Findings extends Gathered {
  /** What relations named in a like way stand for, by relation and way: a statement may name one thousands of times. */
  readonly sources = new Map<string, readonly Source[]>();
}
