import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Malformed } from '../../src/framing/malformed.ts';
import { FrameScanner, type FrameFormat } from '../../src/framing/scanner.ts';

/** One type byte, one 16-bit length that counts itself; upper-case types must be whole. */
const format: FrameFormat = {
  headerBytes: 3,
  size(bytes, at) {
    const length = bytes.readUInt16BE(at + 1);
    if (length < 2) throw new Malformed('short');
    return 1 + length;
  },
  whole: (bytes, at) => (bytes[at] as number) < 0x61,
};

function frame(type: string, body: Uint8Array): Buffer {
  const header = Buffer.alloc(3);
  header.write(type, 0, 'latin1');
  header.writeUInt16BE(body.length + 2, 1);
  return Buffer.concat([header, body]);
}

/** What a sink sees, with the pieces of each streamed frame joined. */
function collect(chunks: readonly Buffer[]): string[] {
  const seen: string[] = [];
  let partial: Buffer[] = [];
  const scanner = new FrameScanner(format, {
    frame: (bytes, start, end) => void seen.push(`frame ${bytes.toString('hex', start, end)}`),
    piece(bytes, start, end, first, last) {
      expect(first).toBe(partial.length === 0);
      if (first) expect(end - start).toBeGreaterThanOrEqual(3);
      partial.push(Buffer.from(bytes.subarray(start, end)));
      if (last) {
        seen.push(`pieces ${Buffer.concat(partial).toString('hex')}`);
        partial = [];
      }
    },
  });
  for (const chunk of chunks) {
    // The caller reuses its buffer: what the scanner keeps must be its own.
    const reused = Buffer.from(chunk);
    scanner.push(reused);
    reused.fill(0xee);
  }
  return seen;
}

const frames = fc.array(fc.tuple(fc.constantFrom('A', 'Z', 'a', 'z'), fc.uint8Array({ maxLength: 40 })), { maxLength: 12 });

describe('FrameScanner', () => {
  it('stops at any frame, in any chunking, and goes on with it', () => {
    fc.assert(
      fc.property(frames, fc.array(fc.nat(400), { maxLength: 60 }), fc.array(fc.boolean(), { maxLength: 12 }), (list, cuts, stops) => {
        const bytes = Buffer.concat(list.map(([type, body]) => frame(type, body)));
        const places = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].toSorted((a, b) => a - b);
        const taken: Buffer[] = [];
        let frames = 0;
        // Frames that are stopped at the first time they come.
        const stopping = new Set(stops.flatMap((stop, index) => (stop ? [index] : [])));
        const refuses = (): boolean => {
          if (!stopping.delete(frames)) {
            frames++;
            return false;
          }
          scanner.stop();
          return true;
        };
        const scanner = new FrameScanner(format, {
          frame: (chunk, start, end) => void (refuses() || taken.push(Buffer.from(chunk.subarray(start, end)))),
          piece: (chunk, start, end, first) => void ((first && refuses()) || taken.push(Buffer.from(chunk.subarray(start, end)))),
        });
        for (const [index, place] of places.slice(1).entries()) {
          const chunk = Buffer.from(bytes.subarray(places[index], place));
          scanner.push(chunk);
          chunk.fill(0xee);
          if (!scanner.stopped) continue;
          expect(Buffer.concat(taken).equals(bytes.subarray(0, Buffer.concat(taken).length))).toBe(true);
          expect(scanner.atBoundary).toBe(true);
          // What comes meanwhile waits behind it.
          if (index % 2 === 0) scanner.resume();
        }
        while (scanner.stopped) scanner.resume();
        expect(Buffer.concat(taken)).toEqual(bytes);
        expect(frames).toBe(list.length);
      }),
    );
  });

  it('sees the same frames in any chunking of the same bytes', () => {
    fc.assert(
      fc.property(frames, fc.array(fc.nat(400), { maxLength: 60 }), (list, cuts) => {
        const bytes = Buffer.concat(list.map(([type, body]) => frame(type, body)));
        const places = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].toSorted((a, b) => a - b);
        const chunks = places.slice(1).map((place, index) => bytes.subarray(places[index], place));
        const expected = list.map(([type, body]) => `${type < 'a' ? 'frame' : 'pieces'} ${frame(type, body).toString('hex')}`);
        expect(collect(chunks)).toEqual(expected);
        expect(collect([...bytes].map((byte) => Buffer.of(byte)))).toEqual(expected);
      }),
    );
  });

  it('refuses a bad length as soon as the header is there', () => {
    expect(() => collect([Buffer.from([0x41, 0, 1])])).toThrow(Malformed);
    expect(() => collect([Buffer.from([0x41]), Buffer.from([0]), Buffer.from([1])])).toThrow(Malformed);
  });

  it('knows whether it stands between two frames', () => {
    const scanner = new FrameScanner(format, { frame() {}, piece() {} });
    scanner.push(frame('a', Buffer.alloc(10)).subarray(0, 5));
    expect(scanner.atBoundary).toBe(false);
    scanner.push(frame('a', Buffer.alloc(10)).subarray(5));
    expect(scanner.atBoundary).toBe(true);
  });
});

/** Like `collect`, with a sink that takes frames of type `r` by the run. */
function collectRuns(chunks: readonly Buffer[]): { rows: number; bytes: Buffer } {
  const out: Buffer[] = [];
  let rows = 0;
  const scanner = new FrameScanner(format, {
    frame: (bytes, start, end) => void out.push(Buffer.from(bytes.subarray(start, end))),
    piece(bytes, start, end, first) {
      if (first && bytes[start] === 0x72) rows++;
      out.push(Buffer.from(bytes.subarray(start, end)));
    },
    run(bytes, start) {
      let end = start;
      while (bytes.length - end >= 3 && bytes[end] === 0x72 && end + format.size(bytes, end) <= bytes.length) {
        end += format.size(bytes, end);
        rows++;
      }
      if (end > start) out.push(Buffer.from(bytes.subarray(start, end)));
      return end;
    },
  });
  for (const chunk of chunks) {
    const lent = Buffer.from(chunk);
    scanner.push(lent);
    lent.fill(0xff);
  }
  return { rows, bytes: Buffer.concat(out) };
}

describe('runs', () => {
  it('take what single frames would be, in any chunking', () => {
    const frames = fc.array(fc.tuple(fc.constantFrom('r', 'r', 'r', 'R', 'c'), fc.uint8Array({ maxLength: 30 })), { maxLength: 40 });
    fc.assert(fc.property(frames, fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }), (list, cuts) => {
      const bytes = Buffer.concat(list.map(([type, body]) => frame(type, body)));
      const chunks: Buffer[] = [];
      for (let at = 0, index = 0; at < bytes.length; index++) {
        const size = cuts[index % cuts.length] as number;
        chunks.push(bytes.subarray(at, at + size));
        at += size;
      }
      expect(collectRuns(chunks)).toEqual({ rows: list.filter(([type]) => type === 'r').length, bytes });
    }));
  });
});
