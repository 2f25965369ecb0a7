import { Failure } from '../../runtime/failure.ts';
import { leafCount, leafJson, leavesOf, Salts } from '../commitments.ts';
import type { Leaf } from '../commitments.ts';
import { kindMark } from '../kinds.ts';
import { unreadable } from '../read.ts';
import { numbersOf, parseRecord, segmentsOf, SegmentScan } from '../scan.ts';
import type { ParsedRecord, RawRecord, SegmentFile } from '../scan.ts';
import { inclusionPath, leafHash } from '../tree.ts';
import type { Checkpoint, Evidence, Proof } from './format.ts';
import type { About } from './related.ts';
import { about, references, Related } from './related.ts';

interface Piece {
  readonly segment: SegmentFile;
  /** Sequence number from which on the next segment counts. */
  readonly end: number;
}

/** Takes a record out of the journal so that it can be checked by itself. Throws Failure: no_record, retired, not_provable, not_signed; JournalRefused `damaged`. */
export async function prove(dir: string, subject: number): Promise<Proof> {
  const segments = await segmentsOf(dir);
  const pieces = segments.map((segment, i): Piece => ({ segment, end: segments[i + 1]?.first ?? Infinity }));
  const record = await find(pieces.filter(({ segment, end }) => segment.first <= subject && subject < end), ({ sequence }, next) => sequence <= subject && subject < next);
  if (record === undefined) await refuseRetired(subject, pieces);
  if (record === undefined) throw new Failure('no_record', `The journal has no record ${subject}.`, { hint: 'Every statement has a number: `countersign sessions show` prints it.' });
  refuseUnfit(record);
  const related = new Related(subject, await whole(about(record, subject), pieces));
  const parts: Part[] = [];
  for (const piece of pieces) parts.push(await evidence(piece, await wanted(piece, related, subject)));
  const records = parts.flatMap((part) => part.records);
  if (!records.some(({ leaf }) => numberOf(leaf) === subject)) {
    throw new Failure('not_signed', `No checkpoint has signed record ${subject} yet.`, { hint: 'One comes every few seconds (journal.checkpoint), and when the proxy ends. What a crash has cut from its checkpoint is signed after the next start.' });
  }
  return { format: 'countersign-proof', version: 1, subject, checkpoints: parts.flatMap((part) => part.checkpoints), records };
}

export const numberOf = (leaf: string): number => (JSON.parse(leaf) as { sequence: number }).sequence;

function refuseUnfit({ event, sequence }: ParsedRecord): void {
  if (event.kind === 'checkpoint') throw new Failure('not_provable', `Record ${sequence} is a checkpoint: its signature is its proof.`, { hint: 'Name the record or statement it is to prove.' });
  if (event.kind === 'outcomes') throw new Failure('not_provable', `Record ${sequence} tells how ${event.ended.length} statements ended.`, { hint: `Name one of the statements: ${event.ended.slice(0, 5).map((ended) => ended[1]).join(', ')}` });
}

async function refuseRetired(subject: number, pieces: readonly Piece[]): Promise<void> {
  const isIt = ({ event }: ParsedRecord): boolean => event.kind === 'retired' && event.last >= subject;
  const tombstone = await find(pieces, isIt, kindMark('retired'));
  if (tombstone?.event.kind !== 'retired') return;
  const { last, until } = tombstone.event;
  throw new Failure('retired', `Record ${subject} was retired at ${tombstone.time}, with all others up to ${last}, the newest of ${until}.`, { hint: 'journal.keep and journal.keep_size say how much stays. A copy of the segments from before still has it.' });
}

/** Of a request it is said in its opening whose session's it is. */
async function whole(known: About, pieces: readonly Piece[]): Promise<About> {
  const { request } = known;
  if (request === undefined || known.session !== undefined) return known;
  const opened = await find(pieces, ({ event }) => event.kind === 'request.opened' && event.request === request, Buffer.from(JSON.stringify(request)));
  return opened === undefined ? known : { ...about(opened, 0), ...known };
}

/** @param mark a record that doesn't have it in its JSON isn't it */
async function find(pieces: readonly Piece[], isIt: (record: ParsedRecord, next: number) => boolean, mark?: Buffer): Promise<ParsedRecord | undefined> {
  for (const piece of pieces) {
    for await (const { record } of records(piece, ({ json }) => mark === undefined || json.includes(mark))) {
      if (isIt(record, record.sequence + numbersOf(record))) return record;
    }
  }
  return undefined;
}

interface Wanted {
  /** Indices of leaves by their record's sequence number. */
  readonly leaves: Map<number, number[]>;
  readonly judged: Set<number>;
  readonly texts: Set<string>;
}

async function wanted(piece: Piece, related: Related, subject: number): Promise<Wanted> {
  const wanted: Wanted = { leaves: new Map(), judged: new Set(), texts: new Set() };
  const { marks } = related;
  // Who is about no session and no request is found by nothing but its number.
  const here = marks.length === 0 && piece.segment.first <= subject && subject < piece.end;
  for await (const { record } of records(piece, ({ json }) => here || marks.some((mark) => json.includes(mark)))) {
    const indices = [...Array(leafCount(record)).keys()].filter((index) => related.has(record, index));
    if (indices.length > 0) wanted.leaves.set(record.sequence, indices);
    for (const index of indices) {
      const { judged, texts } = references(record, index);
      if (judged !== undefined) wanted.judged.add(judged);
      for (const text of texts) wanted.texts.add(text);
    }
  }
  return wanted;
}

interface Part {
  readonly checkpoints: Checkpoint[];
  readonly records: Evidence[];
}

/** What is wanted of a segment, as far as it is signed. */
async function evidence(piece: Piece, wanted: Wanted): Promise<Part> {
  const part: Part = { checkpoints: [], records: [] };
  if (wanted.leaves.size === 0) return part;
  let signedBefore = 0;
  let leaves: Leaf[] = [];
  let found: number[] = [];
  for await (const { record, json, seed } of records(piece)) {
    for (const [i, leaf] of leavesOf(record, json.toString()).entries()) {
      if (isWanted(record, i, wanted)) found.push(leaves.length);
      leaves.push(leaf);
    }
    if (record.event.kind !== 'checkpoint') continue;
    if (found.length > 0) {
      part.checkpoints.push(signed(record, record.event));
      part.records.push(...included(leaves, found, { salts: new Salts(seed), signedBefore, checkpoint: record.sequence }));
    }
    signedBefore += leaves.length;
    leaves = [];
    found = [];
  }
  return part;
}

/** @param leaves of one checkpoint. @param found indices of those that are wanted. @param of.signedBefore leaves of the segment's checkpoints before */
function included(leaves: readonly Leaf[], found: readonly number[], of: { readonly salts: Salts; readonly signedBefore: number; readonly checkpoint: number }): Evidence[] {
  const salted = leaves.map((leaf, index) => ({ leaf: leafJson(leaf), salt: of.salts.at(of.signedBefore + index) }));
  const hashes = salted.map(({ leaf, salt }) => leafHash(salt + leaf));
  return found.flatMap((index) => salted.slice(index, index + 1).map((one) => ({ ...one, index, checkpoint: of.checkpoint, path: inclusionPath(hashes, index) })));
}

function signed({ sequence, previous, time }: ParsedRecord, { key, leaves, root, signature }: Extract<ParsedRecord['event'], { kind: 'checkpoint' }>): Checkpoint {
  return { key, leaves, previous, root, sequence, signature, time };
}

/** What was judged once and stored once is found again where it lies, before what refers to it. */
function isWanted({ event, sequence }: ParsedRecord, index: number, { leaves, judged, texts }: Wanted): boolean {
  return leaves.get(sequence)?.includes(index) === true || (event.kind === 'judged' && judged.has(sequence)) || (event.kind === 'text' && texts.has(event.sha256));
}

interface Read extends RawRecord {
  readonly record: ParsedRecord;
  readonly seed: Buffer;
}

/** @param worthwhile whether a record has to be parsed at all */
async function* records({ segment, end }: Piece, worthwhile: (raw: RawRecord) => boolean = () => true): AsyncGenerator<Read> {
  const scan = await SegmentScan.openIfThere(segment.path);
  if (scan === undefined) return;
  try {
    for (let batch = await scan.batch(); batch.length > 0; batch = await scan.batch()) {
      for (const raw of batch) {
        if (!worthwhile(raw)) continue;
        const record = parseRecord(raw.json);
        if (record === undefined || scan.seed === undefined) throw unreadable(segment, raw.offset);
        if (record.sequence >= end) return;
        yield { ...raw, record, seed: scan.seed };
      }
    }
  } finally {
    await scan.close();
  }
}
