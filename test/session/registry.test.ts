/** Which numbers sessions get. */

import { describe, expect, it, vi } from 'vitest';
import type { SessionParts } from '../../src/session/parts.ts';
import { Registry } from '../../src/session/registry.ts';

const draws = vi.hoisted((): number[] => []);
vi.mock(import('node:crypto'), async (original) => {
  const crypto = await original();
  return { ...crypto, randomInt: ((...range: [number, number]) => draws.shift() ?? crypto.randomInt(...range)) as typeof crypto.randomInt };
});

const registry = (): Registry => new Registry({ config: { timeouts: { idleMs: 0 } } } as unknown as SessionParts);

describe('keys of logins under way', () => {
  it('never have the number of another one that has not failed yet', () => {
    const all = registry();
    draws.push(5, 5, 6, 5, 6, 7);
    const [one, other] = [all.reserve(), all.reserve()];
    expect(one.newKey(4).processId).toBe(5);
    expect(other.newKey(4).processId).toBe(6);
    expect(other.newKey(4).processId).toBe(7);
    expect(draws).toEqual([]);
  });

  it('are free again when the login has failed, and only its own', () => {
    const all = registry();
    draws.push(5, 6, 5, 6, 8);
    const [one, other] = [all.reserve(), all.reserve()];
    one.newKey(32);
    other.newKey(32);
    one.release();
    one.release();
    expect(all.reserve().newKey(32)).toMatchObject({ processId: 5, secretKey: expect.objectContaining({ length: 32 }) as Buffer });
    expect(other.newKey(32).processId).toBe(8);
    expect(draws).toEqual([]);
  });
});
