/** Edits (insert, remove, change, swap neighbours) that turn one word into the other. */
export function distance(a: string, b: string): number {
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = (above[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let best = Math.min(change, (above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) best = Math.min(best, (before[j - 2] ?? 0) + 1);
      row.push(best);
    }
    before = above;
    above = row;
  }
  return above[b.length] ?? 0;
}

/** The right name that was most likely meant, or undefined when none is near (more than a third of the letters differ). */
export function nearest(word: string, names: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Infinity;
  const lower = word.toLowerCase();
  for (const name of names) {
    const edits = distance(lower, name.toLowerCase());
    const allowed = Math.max(1, Math.floor(Math.max(lower.length, name.length) / 3));
    if (edits <= allowed && edits < least) [best, least] = [name, edits];
  }
  return best;
}

/** ` (did you mean "listen"?)`, or what there is when nothing is near and the list is short; ready to be appended. */
export function suggestion(word: string, names: Iterable<string>): string {
  const all = [...names];
  const near = nearest(word, all);
  if (near !== undefined) return `; did you mean "${near}"?`;
  if (all.length === 0) return '; there is none';
  return all.length <= 12 ? `; there is ${all.join(', ')}` : '';
}
