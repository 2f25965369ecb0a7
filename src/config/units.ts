/** Milliseconds in each unit; in the order in which they may be written. */
const DURATIONS: readonly (readonly [string, number])[] = [['d', 86_400_000], ['h', 3_600_000], ['m', 60_000], ['s', 1000], ['ms', 1]];

const SIZES: Readonly<Record<string, number>> = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3, kB: 1000, MB: 1000 ** 2, GB: 1000 ** 3 };

const DURATION = /^(?:(\d{1,9})d)?(?:(\d{1,9})h)?(?:(\d{1,9})m(?!s))?(?:(\d{1,9})s)?(?:(\d{1,9})ms)?$/;

/** `15m`, `500ms`, `1h30m`, `7d`: milliseconds. Units run from large to small, each once. Undefined when it isn't one. */
export function parseDuration(text: string): number | undefined {
  const found = DURATION.exec(text);
  if (text === '' || found === null) return undefined;
  const ms = DURATIONS.reduce((sum, [, unit], index) => sum + Number(found[index + 1] ?? 0) * unit, 0);
  return Number.isSafeInteger(ms) ? ms : undefined;
}

/** `1h30m` for 5,400,000; what `parseDuration` reads back. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0s';
  let rest = Math.round(ms);
  let text = '';
  for (const [unit, size] of DURATIONS) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) text += `${count}${unit}`;
  }
  return text;
}

/** `1MiB`, `64KiB`, `512B`, `2GB`: bytes. A bare number isn't a size: nobody knows its unit. Undefined when it isn't one. */
export function parseSize(text: string): number | undefined {
  const found = /^(\d{1,15})([A-Za-z]{1,3})$/.exec(text);
  const unit = SIZES[found?.[2] ?? ''];
  if (found === null || unit === undefined) return undefined;
  const bytes = Number(found[1]) * unit;
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}
