/** A proof as a file: JSON. README.md of this folder describes it; whoever changes one changes the other. */

import { z } from 'zod';

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.int().nonnegative();

const Checkpoint = z.strictObject({ key: hash, leaves: count, previous: hash, root: hash, sequence: count, signature: z.string().regex(/^[0-9a-f]{128}$/), time: z.string() });

const Evidence = z.strictObject({
  /** What was hashed, after its salt. */
  leaf: z.string(),
  salt: z.string().regex(/^[0-9a-f]{32}$/),
  /** Place among the leaves of its checkpoint, from 0. */
  index: count,
  /** Sequence number. */
  checkpoint: count,
  /** Hashes beside the way to the root, lowest first. */
  path: z.array(hash),
});

export const Proof = z.strictObject({
  format: z.literal('countersign-proof'),
  version: z.literal(1),
  /** Sequence number of what it was made for; the other records are what that refers to, and what became of it. */
  subject: count,
  checkpoints: z.array(Checkpoint),
  records: z.array(Evidence),
});

export type Proof = z.infer<typeof Proof>;
export type Evidence = z.infer<typeof Evidence>;
export type Checkpoint = z.infer<typeof Checkpoint>;
