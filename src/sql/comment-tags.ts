/**
 * What a statement says of itself in a comment at its beginning or end, as sqlcommenter writes it (google.github.io/sqlcommenter/spec):
 * `reason='nightly%20report',run_id='42',traceparent='00-…'`. The agent's own words: shown to people, believed by nobody.
 */

const COMMENT = String.raw`\/\*((?:[^*]|\*(?!\/))*)\*\/`;
const FIRST = new RegExp(String.raw`^\s*${COMMENT}`);
const LAST = new RegExp(String.raw`${COMMENT}\s*;?\s*$`);
const TAG = /^\s*([A-Za-z_][A-Za-z0-9_.%-]{0,63})\s*=\s*'((?:[^'\\]|\\.|'')*)'\s*(?:,|$)/;

/** Comments are looked for this far from either end of a text, characters. */
const REACH = 4_096;
const MOST_TAGS = 20;
const MOST_CHARACTERS = 1_000;

/** By key; of two with one key the last counts. */
export function commentTags(text: string): Readonly<Record<string, string>> {
  const comments = [FIRST.exec(text.slice(0, REACH))?.[1], LAST.exec(text.slice(-REACH))?.[1]];
  return Object.fromEntries(comments.flatMap((comment) => tagsOf(comment ?? '')).slice(0, MOST_TAGS));
}

/** Nothing unless all of the comment is tags: others write comments, too. */
function tagsOf(comment: string): [string, string][] {
  const tags: [string, string][] = [];
  for (let rest = comment; rest.trim() !== '';) {
    const found = TAG.exec(rest);
    if (found === null) return [];
    tags.push([decoded(found[1] ?? ''), decoded((found[2] ?? '').replaceAll(/\\(.)|''/g, (_, escaped: string | undefined) => escaped ?? '\'')).slice(0, MOST_CHARACTERS)]);
    rest = rest.slice(found[0].length);
  }
  return tags;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
