import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { serverEvents } from '../../src/cli/event-source.ts';

const collect = (chunks: readonly Uint8Array[]) => Array.fromAsync(serverEvents(ReadableStream.from(chunks)));
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('serverEvents', () => {
  it('gives the same events for any chunking of the same bytes', async () => {
    const whole = bytes(': connected\n\nevent: request\ndata: {"text":"é😀"}\n\n: \n\ndata: a\ndata: b\n\n');
    const expected = [undefined, { event: 'request', data: '{"text":"é😀"}' }, undefined, { event: 'message', data: 'a\nb' }];
    await fc.assert(fc.asyncProperty(fc.array(fc.integer({ min: 0, max: whole.length }), { maxLength: 12 }), async (cuts) => {
      const points = [0, ...cuts.toSorted((a, b) => a - b), whole.length];
      expect(await collect(points.slice(1).map((end, index) => whole.slice(points[index], end)))).toEqual(expected);
    }));
  });

  it('leaves out an event that was cut off', async () => {
    expect(await collect([bytes('data: a\n\ndata: {"half"')])).toEqual([{ event: 'message', data: 'a' }]);
  });

  it('does not keep an endless event', async () => {
    await expect(collect(Array.from({ length: 20 }, () => bytes('x'.repeat(1024 * 1024))))).rejects.toThrow(RangeError);
  });
});
