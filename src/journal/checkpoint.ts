import { createHash, createPublicKey, sign, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { canonical } from './canonical.ts';

/** Everything a checkpoint record says, so that nothing of it can be changed under the signature. */
function message(key: string, previous: string, sequence: number, time: string): Buffer {
  return Buffer.from(`countersign journal checkpoint 1\n${key}\n${previous}\n${sequence}\n${time}\n`);
}

/** SHA-256, hex, of the public key's SPKI: says which key to fetch. */
export function keyId(publicKey: KeyObject): string {
  return createHash('sha256').update(publicKey.export({ type: 'spki', format: 'der' })).digest('hex');
}

export type Seal = (previous: string, sequence: number, time: string) => string;

/** @returns what makes a checkpoint's event, as canonical JSON. Ed25519, about 50 µs each. */
export function sealer(signingKey: KeyObject): Seal {
  const key = keyId(createPublicKey(signingKey));
  return (previous, sequence, time) =>
    canonical({ kind: 'checkpoint', key, signature: sign(null, message(key, previous, sequence, time), signingKey).toString('hex') });
}

/** Undefined when it holds, else why not. */
export function checkSeal(
  checkpoint: { readonly key: unknown; readonly signature: unknown },
  at: { readonly previous: string; readonly sequence: number; readonly time: string },
  keys: ReadonlyMap<string, KeyObject>,
): string | undefined {
  const { key, signature } = checkpoint;
  if (typeof key !== 'string' || typeof signature !== 'string' || !/^[0-9a-f]{128}$/.test(signature)) return 'the checkpoint is malformed';
  const publicKey = keys.get(key);
  if (publicKey === undefined) return `the checkpoint is signed by another key (${key.slice(0, 16)}…)`;
  const good = verify(null, message(key, at.previous, at.sequence, at.time), publicKey, Buffer.from(signature, 'hex'));
  return good ? undefined : 'the signature of the checkpoint is wrong';
}
