/** Keys and tokens that their issuers have made easy to find, JSON Web Tokens and private keys in PEM. */

import { byteSet, type ByteSet, isIn, standsAt, WORD, wordBegins } from './bytes.ts';
import type { Detector } from './detector.ts';
import { pemEnd, PEM_BEGIN } from './pem.ts';
import { TokenSearch } from './token.ts';

interface Kind {
  readonly prefix: Buffer;
  /** Place of the pair of bytes in the prefix that is rarest in other texts. */
  readonly rare: number;
  readonly body: ByteSet;
  readonly least: number;
  /** More isn't this kind of key. */
  readonly most: number;
}

const LETTERS = byteSet('0-9A-Za-z');

const kind = (prefix: string, rare: number, body: ByteSet, least: number, most = Infinity): Kind => ({ prefix: Buffer.from(prefix, 'latin1'), rare, body, least, most });

const KINDS: readonly Kind[] = [
  // AWS, "IAM identifiers", unique ids: long-term and temporary access keys.
  kind('AKIA', 1, byteSet('0-9A-Z'), 16, 16), kind('ASIA', 1, byteSet('0-9A-Z'), 16, 16),
  // GitHub, "Token formats".
  ...['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'].map((prefix) => kind(prefix, 2, LETTERS, 30)), kind('github_pat_', 5, WORD, 22),
  // Slack, "Token types".
  ...['xoxa-', 'xoxb-', 'xoxc-', 'xoxd-', 'xoxe-', 'xoxo-', 'xoxp-', 'xoxr-', 'xoxs-'].map((prefix) => kind(prefix, 0, byteSet('-0-9A-Za-z%'), 10)),
  // Stripe, "API keys": secret and restricted ones of live mode.
  kind('sk_live_', 6, LETTERS, 16), kind('rk_live_', 6, LETTERS, 16),
  // Google Cloud API keys.
  kind('AIza', 1, byteSet('-0-9A-Za-z_'), 35, 35),
];

const firsts = new Set([...KINDS.map(({ prefix }) => prefix[0] as number), 0x65, 0x2d]);
const FIRST = new Uint8Array(256);
for (const byte of firsts) FIRST[byte] = 1;
const BY_FIRST = Map.groupBy(KINDS, ({ prefix }) => prefix[0] as number);

export const key: Detector = {
  hints: [...KINDS.map(({ prefix, rare }) => [prefix[rare] as number, prefix[rare + 1] as number] as const), [0x79, 0x4a] /* eyJ */, [0x2d, 0x2d] /* ----- */],
  find(value, _escapes, onHit) {
    const tokens = new TokenSearch(value);
    const { length } = value;
    for (let at = 0; at < length;) {
      const end = FIRST[value[at] as number] === 1 ? keyEnd(value, at, tokens) : -1;
      if (end !== -1) onHit(at, end);
      at = end === -1 ? at + 1 : end;
    }
  },
};

/** Of the key that begins at `at`; -1: none does. */
function keyEnd(value: Buffer, at: number, tokens: TokenSearch): number {
  if (value[at] === PEM_BEGIN[0]) return pemEnd(value, at);
  if (!wordBegins(value, at)) return -1;
  for (const { prefix, body, least, most } of BY_FIRST.get(value[at] as number) ?? []) {
    if (!standsAt(value, at, prefix)) continue;
    const from = at + prefix.length;
    let end = from;
    while (end - from <= most && isIn(body, value[end])) end++;
    if (end - from >= least && end - from <= most && !isIn(WORD, most === Infinity ? undefined : value[end])) return end;
  }
  return tokens.endOf(at);
}
