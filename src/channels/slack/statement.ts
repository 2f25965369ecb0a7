/**
 * The statement as Slack shows it: whole, or with no Approve button.
 *
 * Slack refuses messages whose blocks hold more than some 12,000 characters (msg_blocks_too_long; the way it counts isn't
 * written down, refusals were seen from 11,300), folds long messages behind "see more", and its handling of character
 * entities differs between clients. So: a bound well below, a count of lines and characters beside the text, and a
 * statement that contains something that looks like an entity isn't decided here.
 */

import type { ApprovalRequest } from '../../approval/request.ts';
import { parameterLines, visible } from '../../runtime/visible.ts';
import { wholeCharacters } from '../../runtime/cut.ts';
import { MAX_SECTION, preformatted, section } from './blocks.ts';
import type { Block } from './blocks.ts';

const MAX_CHARACTERS = 8_000;
const MAX_LINES = 150;
const SAMPLE = 1_500;

export interface Shown {
  readonly blocks: readonly Block[];
  /** Why it can't be approved here; undefined when all of it is shown. A sentence. */
  readonly incomplete?: string;
}

export function showStatement(request: ApprovalRequest): Shown {
  const text = visible(request.text);
  const parameters = parameterLines(request.parameters ?? []);
  const incomplete = whyIncomplete(text, parameters);
  if (incomplete !== undefined) return { blocks: sample(text), incomplete };
  const size = section(`The statement: ${count(text.length, 'character')}, ${count(lines(text), 'line')}, all shown here.`);
  const bound = parameters === '' ? [] : [section(`Its ${count(request.parameters?.length ?? 0, 'parameter')}:`), ...chunks(parameters).map(preformatted)];
  return { blocks: [size, ...chunks(text).map(preformatted), ...bound] };
}

function whyIncomplete(text: string, parameters: string): string | undefined {
  const characters = text.length + parameters.length;
  if (characters > MAX_CHARACTERS) return `It has ${characters} characters; up to ${MAX_CHARACTERS} can be shown whole in Slack.`;
  if (lines(text) + lines(parameters) > MAX_LINES) return `It has ${lines(text)} lines; up to ${MAX_LINES} can be shown whole in Slack.`;
  if (/&#?\w+;/.test(text + parameters)) return 'It contains a character entity (such as "&lt;"), which Slack may show as another character.';
  return undefined;
}

function sample(text: string): Block[] {
  if (text.length <= SAMPLE) return [preformatted(text)];
  const start = wholeCharacters(text, SAMPLE);
  return [section(`Only the first ${start.length} of ${text.length} characters of the statement:`), preformatted(start), section('… the rest is not shown here.')];
}

/** Pieces of at most MAX_SECTION units, cut after a line where there is one in the last third. Together they are the text. */
export function chunks(text: string): string[] {
  const pieces: string[] = [];
  for (let rest = text; rest !== '';) {
    const piece = rest.length <= MAX_SECTION ? rest : onePiece(rest);
    pieces.push(piece);
    rest = rest.slice(piece.length);
  }
  return pieces;
}

function onePiece(text: string): string {
  const longest = wholeCharacters(text, MAX_SECTION);
  const line = longest.lastIndexOf('\n');
  return line > (MAX_SECTION * 2) / 3 ? longest.slice(0, line + 1) : longest;
}

function lines(text: string): number {
  return text === '' ? 0 : text.split('\n').length;
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`;
}
