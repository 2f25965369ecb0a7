import type { KeyObject } from 'node:crypto';
import { canonical } from '../canonical.ts';
import { checkSeal, keysById } from '../checkpoint.ts';
import type { JournalRecord } from '../events.ts';
import { isKind } from '../kinds.ts';
import { References } from '../references.ts';
import { parseRecord } from '../scan.ts';
import type { ParsedRecord } from '../scan.ts';
import { leafHash, rootBy } from '../tree.ts';
import { EventChecks } from '../verify-events.ts';
import type { Witnessed } from '../verify-events.ts';
import { Proof } from './format.ts';
import type { Checkpoint, Evidence } from './format.ts';

export interface ProofKeys {
  /** Public keys of the checkpoints. */
  readonly publicKeys: readonly KeyObject[];
  /** Keys decisions are signed with. */
  readonly decisionKeys?: readonly KeyObject[] | undefined;
}

/** What a proof has proven. */
export interface Proven extends Witnessed {
  readonly subject: number;
  /** In their order, each whole by itself. */
  readonly records: readonly JournalRecord[];
  readonly checkpoints: readonly Checkpoint[];
}

/** What it has proven, or the first thing that is wrong: a clause for a person. Needs nothing but the proof and the keys. */
export async function checkProof(given: unknown, keys: ProofKeys): Promise<Proven | string> {
  const proof = Proof.safeParse(given);
  if (!proof.success) return 'it is no proof of version 1';
  const { subject, checkpoints, records } = proof.data;
  const byId = keysById(keys.publicKeys);
  for (const checkpoint of checkpoints) {
    const wrong = checkSeal(checkpoint, byId);
    if (wrong !== undefined) return `checkpoint ${checkpoint.sequence}: ${wrong}`;
  }
  const parsed: ParsedRecord[] = [];
  for (const evidence of records) {
    const record = included(evidence, checkpoints);
    if (typeof record === 'string') return record;
    parsed.push(record);
  }
  const order = parsed.toSorted((a, b) => a.sequence - b.sequence);
  if (!order.some(({ sequence }) => sequence === subject)) return `record ${subject}, which it is about, isn't in it`;
  return told(order, { subject, checkpoints }, new EventChecks(keys.decisionKeys));
}

function included({ leaf, salt, index, checkpoint, path }: Evidence, checkpoints: readonly Checkpoint[]): ParsedRecord | string {
  const record = recordOf(leaf);
  if (record === undefined) return 'one of its leaves is no record';
  const by = checkpoints.filter(({ sequence }) => sequence === checkpoint);
  const [only] = by;
  if (only === undefined || by.length > 1) return `record ${record.sequence}: checkpoint ${checkpoint} isn't in it, or more than once`;
  if (record.sequence >= only.sequence) return `record ${record.sequence} comes after its checkpoint`;
  return rootBy(path, leafHash(salt + leaf), index, only.leaves) === only.root ? record : `record ${record.sequence} isn't the one that checkpoint ${checkpoint} has signed`;
}

/** As a leaf is written, and in no other way. */
function recordOf(leaf: string): ParsedRecord | undefined {
  const record = parseRecord(Buffer.from(leaf.replace(/\}$/, ',"previous":""}')));
  if (record === undefined || !isKind(record.event.kind)) return undefined;
  const { event, sequence, time } = record;
  try {
    return canonical({ event, sequence, time }) === leaf ? record : undefined;
  } catch {
    return undefined; // a number that is none: 1e999
  }
}

async function told(records: readonly ParsedRecord[], { subject, checkpoints }: Pick<Proven, 'subject' | 'checkpoints'>, events: EventChecks): Promise<Proven | string> {
  const references = new References();
  const shown: JournalRecord[] = [];
  for (const record of records) {
    const whole = references.take(record);
    if (whole === undefined) return `record ${record.sequence} refers to a text or judgement that isn't in it`;
    const wrong = await events.check(record, whole);
    if (wrong !== undefined) return `record ${record.sequence}: ${wrong}`;
    shown.push(...whole);
  }
  return { subject, records: shown, checkpoints, ...events.counts };
}
