/**
 * The files of the harvest. Lines before the first `%%` say what ran. Then one statement after the other, each after a
 * line `%% harmless` or `%% held`, to the next such line. `held`: plain definitions, whole-table writes and what else the
 * policy to start from means to hold; `harmless` must never be.
 */

export interface Harvested {
  readonly text: string;
  /** Does the policy to start from (policies/default.yaml) mean to hold it? */
  readonly held: boolean;
}

export function readHarvest(file: string): Harvested[] {
  const [, ...blocks] = file.split(/^%% /m);
  return blocks.map((block) => {
    const end = block.indexOf('\n');
    return { held: block.slice(0, end) === 'held', text: block.slice(end + 1, -1) };
  });
}

/**
 * @param texts as they arrived; of those that differ in literals only, the first is kept, and none with control characters
 * (raw bytes of a BLOB), which the log doesn't keep as they were.
 */
export function harvestText(head: readonly string[], texts: readonly string[]): { readonly text: string; readonly harmless: number; readonly held: number } {
  const distinct = [...new Map(texts.toReversed().map((text) => [shape(text), text])).values()].toReversed().filter((text) => text.trim() !== '' && !CONTROL.test(text));
  const all = [...distinct.filter((text) => !meantToBeHeld(text)), ...distinct.filter(meantToBeHeld)];
  const blocks = all.map((text) => `%% ${meantToBeHeld(text) ? 'held' : 'harmless'}\n${text}\n`);
  const held = distinct.filter(meantToBeHeld).length;
  return { text: `${head.join('\n')}\n${blocks.join('')}`, harmless: distinct.length - held, held };
}

// oxlint-disable-next-line no-control-regex -- they are what is looked for
const CONTROL = /[\0-\x08\x0e-\x1f\ufffd]/;

function shape(text: string): string {
  return text.replaceAll(/'(?:[^'\\]|\\.|'')*'/gs, "''").replaceAll(/\b\d[\d.]*/g, '0').replaceAll(/(\((?:''|0|NULL|\?|, ?)*\),? ?)+/g, '(…)');
}

const DEFINITION = /^(create|alter|drop|rename|truncate)\b/i;
const ADMINISTRATION = /^(lock|flush|kill|grant|revoke|analyze|optimize|load|call|set global)\b/i;
const WRITE = /^(update|delete)\b/i;

/** By its first word, since that is all that a text which isn't hostile needs. */
function meantToBeHeld(text: string): boolean {
  const bare = text.replace(/^(\s|\/\*(?!!).*?\*\/)+/s, '').replace(/^\/\*M?!\d*\s*/, '');
  return DEFINITION.test(bare) || ADMINISTRATION.test(bare) || (WRITE.test(bare) && !/\bwhere\b/i.test(bare)) || /\binto\s+(outfile|dumpfile)\b/i.test(bare);
}
