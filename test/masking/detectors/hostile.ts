/** Run by Node itself, as the proxy is: prints how long each value of 10 MB takes, in milliseconds. */

import { DETECTORS } from '../../../src/masking/detectors/detector.ts';
import { Finder } from '../../../src/masking/detectors/finder.ts';
import { Tally } from '../../../src/masking/detectors/tally.ts';

/** Made to have each detector begin again and again, or look far and find nothing. */
const HOSTILE: Readonly<Record<string, string>> = {
  'many signs': '@', 'locals without domains': 'aaaa@', 'addresses without dots': 'a@b', 'addresses': 'a@b.co ', 'dots': '.@.', 'escaped signs': String.raw`\\\@`, 'digits': '4', 'groups': '4111 ', 'cards': '4111 1111 1111 1111 ', 'dashed digits': '411-',
  'begun keys': '-----BEGIN PRIVATE KEY-----', 'begun labels': '-----BEGIN A', 'dashes': '-', 'ended keys': '-----END ', 'tokens in a run': '-eyJaaaaaaaaa', 'tokens with a part': 'eyJaaaaaaaa.-', 'tokens in parts': '-eyJaaaaaaaa.a',
  'slack': 'xoxb-', 'github': 'github_pat_', 'aws': ' AKIAIOSFODNN7EXAMPL', 'google': `AIza${'-'.repeat(34)} `, 'e': 'e ', 'quotes': '"4111111111111111', 'backslashes': '\\',
};

const WHOLE: Readonly<Record<string, string>> = {
  'a header that is all of it': `${'-eyJ'.repeat(2_500_000)}.a.`, 'a payload that is all of it': `eyJaaaaaaaa.${'-eyJ'.repeat(2_500_000)}`, 'a long header before a payload': `${'-eyJaaaaa'.repeat(1_000_000)}.${'-eyJ'.repeat(10)}`,
};

const finder = new Finder(DETECTORS);
const took: Record<string, number> = {};
for (const [name, value] of [...Object.entries(HOSTILE).map(([each, piece]) => [each, Buffer.alloc(10_000_000, piece)] as const), ...Object.entries(WHOLE).map(([each, text]) => [each, Buffer.from(text)] as const)]) {
  const start = performance.now();
  finder.replaced(value, 0, value.length, 'json', new Tally());
  took[name] = Math.round(performance.now() - start);
}
process.stdout.write(JSON.stringify(took));
