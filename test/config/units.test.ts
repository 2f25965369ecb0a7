import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nearest } from '../../src/config/nearest.ts';
import { formatDuration, parseDuration, parseSize } from '../../src/config/units.ts';

describe('durations', () => {
  test.each([['15m', 900_000], ['500ms', 500], ['1h30m', 5_400_000], ['1m500ms', 60_500], ['2d', 172_800_000], ['0s', 0], ['90s', 90_000]])('%s', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });
  test.each(['', '15', 'm', '1.5h', '-1s', '1s1m', '1m1m', ' 1m', '1M', '99999999999d', '1e3s'])('%j is none', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });
  test('what is written can be read', () => {
    fc.assert(fc.property(fc.nat(), (ms) => parseDuration(formatDuration(ms)) === ms));
  });
});

describe('sizes', () => {
  test.each([['1MiB', 1_048_576], ['64KiB', 65_536], ['512B', 512], ['2GB', 2_000_000_000]])('%s', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });
  test.each(['', '1', '1M', '1mib', '-1B', '1.5MiB', '999999999999999GiB', '1constructor', '1toS'])('%j is none', (text) => {
    expect(parseSize(text)).toBeUndefined();
  });
});

test.each([['pasword', 'password'], ['lisen', 'listen'], ['xyz', undefined], ['Upstream', 'upstream'], ['protocl', 'protocol']])('nearest to %s', (word, name) => {
  expect(nearest(word, ['listen', 'password', 'upstream', 'protocol', 'tls'])).toBe(name);
});
