import fc from 'fast-check';
import { expect, test } from 'vitest';
import { maskCell } from '../../src/masking/cells.ts';
import { masksOf, maskedAs, terms } from './values.ts';

const COLUMNS = ['text', 'character varying(20)', 'character(30)', 'uuid', 'integer', 'jsonb', 'public.mood'].map((type) => ({ name: 'x', number: 1, type }));
const MASKED = COLUMNS.flatMap((column) => masksOf('postgres', column).map(({ masked }) => masked));

test('whatever the bytes, the format and the mask: never an error, and never the value itself', () => {
  fc.assert(fc.property(fc.uint8Array({ minLength: 6, maxLength: 60 }), fc.constantFrom(...MASKED), fc.integer({ min: -1, max: 3 }), fc.constantFrom('postgres' as const, 'mysql' as const), (bytes, masked, format, protocol) => {
    const shown = maskCell(masked, Buffer.from(bytes), format, protocol);
    return shown === null || !shown.equals(bytes);
  }), { numRuns: 3000 });
});

test('what isn\'t UTF-8 is NULL, and so is what nothing is known of', () => {
  const last4 = maskedAs('postgres', { name: 'x', number: 1, type: 'text' }, terms('last4', false));
  expect(maskCell(last4, Buffer.from('41111111\xe9', 'latin1'), 0, 'postgres')).toBeNull();
  expect(maskCell({ hideNulls: true }, Buffer.from('x'), 0, 'postgres')).toBeNull();
  expect(maskCell({ ...last4, hideNulls: true }, null, 0, 'postgres')?.toString()).toBe('****');
});

test('long values take time in proportion', () => {
  const email = maskedAs('postgres', { name: 'x', number: 1, type: 'bpchar' }, terms('email', false));
  const before = performance.now();
  for (const text of [`${' '.repeat(2_000_000)}x`, '@a'.repeat(1_000_000), '@'.repeat(2_000_000)]) maskCell(email, Buffer.from(text), 0, 'postgres');
  expect(performance.now() - before).toBeLessThan(3_000);
});
