import { createHash, createPublicKey, sign, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { canonical } from './canonical.ts';
import type { Commitment } from './commitments.ts';

/** The fields of a checkpoint's record but the signature. */
export interface Sealed extends Commitment {
  /** keyId */
  readonly key: string;
  readonly previous: string;
  readonly sequence: number;
  readonly time: string;
}

/** Everything a checkpoint record says, so that nothing of it can be changed under the signature. */
function message({ key, previous, sequence, time, leaves, root }: Sealed): Buffer {
  return Buffer.from(`countersign journal checkpoint 2\n${key}\n${previous}\n${sequence}\n${time}\n${leaves}\n${root}\n`);
}

/** SHA-256, hex, of the public key's SPKI: says which key to fetch. */
export function keyId(publicKey: KeyObject): string {
  return createHash('sha256').update(publicKey.export({ type: 'spki', format: 'der' })).digest('hex');
}

/** By keyId. @param keys a private one serves as its public one */
export function keysById(keys: readonly KeyObject[]): ReadonlyMap<string, KeyObject> {
  return new Map(keys.map((key) => (key.type === 'private' ? createPublicKey(key) : key)).map((key) => [keyId(key), key]));
}

export type Seal = (over: Omit<Sealed, 'key'>) => string;

/** @returns what makes a checkpoint's event, as canonical JSON. Ed25519, about 50 µs each. */
export function sealer(signingKey: KeyObject): Seal {
  const key = keyId(createPublicKey(signingKey));
  return (over) => {
    const { leaves, root } = over;
    return canonical({ kind: 'checkpoint', key, leaves, root, signature: sign(null, message({ ...over, key }), signingKey).toString('hex') });
  };
}

/** Undefined when it holds, else why not. */
export function checkSeal(sealed: Sealed & { readonly signature: unknown }, keys: ReadonlyMap<string, KeyObject>): string | undefined {
  const { key, signature } = sealed;
  if (typeof key !== 'string' || typeof signature !== 'string' || !/^[0-9a-f]{128}$/.test(signature)) return 'the checkpoint is malformed';
  const publicKey = keys.get(key);
  if (publicKey === undefined) return `the checkpoint is signed by another key (${key.slice(0, 16)}…)`;
  const good = verify(null, message(sealed), publicKey, Buffer.from(signature, 'hex'));
  return good ? undefined : 'the signature of the checkpoint is wrong';
}
