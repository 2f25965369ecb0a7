import type { KeyObject } from 'node:crypto';
import { verifyDecision } from '../approval/decision.ts';
import type { DecisionClaims } from '../approval/decision.ts';
import { verify } from '../approval/jws.ts';
import type { JwsType } from '../approval/jws.ts';
import { witnessKeys } from '../approval/keys.ts';
import type { DecisionKeys } from '../approval/keys.ts';
import type { JournalRecord } from './events.ts';

export interface Checked {
  readonly verified: number;
  /** No key for them was given. */
  readonly unchecked: number;
}

type Signed = Extract<JournalRecord['event'], { jws: string }>;

/** What was signed, or what is wrong with the signature; undefined: it can't be checked. */
export type Testimony = { readonly claims: object } | { readonly wrong: string } | undefined;

interface Kind {
  readonly what: 'decision' | 'freeze' | 'sign-out';
  readonly type: JwsType;
  /** The record's fields by what was signed. */
  readonly fields: (claims: Record<string, unknown>) => Readonly<Record<string, unknown>>;
}

const decision: Kind = {
  what: 'decision', type: 'countersign-decision+jws',
  fields: ({ request, person, channel, decision, reason, breakGlass }) => ({ request, person, channel, decision, reason, breakGlass }),
};
const freeze: Kind = {
  what: 'freeze', type: 'countersign-freeze+jws',
  fields: ({ agent, frozen, by, reason }) => ({ kind: frozen === true ? 'agent.frozen' : 'agent.thawed', agent, by, reason }),
};
const signOut: Kind = {
  what: 'sign-out', type: 'countersign-sign-out+jws',
  fields: ({ person, signIn, by, reason }) => ({ person, signIn: (signIn as { id?: unknown } | undefined)?.id, by, reason }),
};
const KINDS: { readonly [K in Signed['kind']]: Kind } = { 'request.decided': decision, 'agent.frozen': freeze, 'agent.thawed': freeze, 'person.signed_out': signOut };

export const isSigned = (event: JournalRecord['event']): event is Signed => Object.hasOwn(KINDS, event.kind);

/** What people have said is recorded as they have signed it. */
export class SignatureChecks {
  readonly #keys: Pick<DecisionKeys, 'trusted'> | undefined;
  readonly counts: Record<Kind['what'], { verified: number; unchecked: number }> = {
    decision: { verified: 0, unchecked: 0 }, freeze: { verified: 0, unchecked: 0 }, 'sign-out': { verified: 0, unchecked: 0 },
  };

  constructor(keys: readonly KeyObject[] | undefined) {
    this.#keys = keys === undefined || keys.length === 0 ? undefined : witnessKeys(keys);
  }

  async check(event: Signed): Promise<Testimony> {
    const { what, type, fields } = KINDS[event.kind];
    if (this.#keys === undefined) {
      this.counts[what].unchecked += 1;
      return undefined;
    }
    const claims = await this.#claims(event, type, this.#keys);
    if (claims === undefined) return { wrong: `the signature of the ${what} is wrong, or by a key that wasn't given` };
    const differs = Object.entries(fields(claims)).find(([name, value]) => (event as unknown as Record<string, unknown>)[name] !== value);
    if (differs !== undefined) return { wrong: `the ${what}'s ${differs[0]} isn't the one that was signed` };
    this.counts[what].verified += 1;
    return { claims };
  }

  async #claims({ jws }: Signed, type: JwsType, keys: Pick<DecisionKeys, 'trusted'>): Promise<Record<string, unknown> | undefined> {
    try {
      const claims = type === decision.type ? await verifyDecision(jws, keys) satisfies DecisionClaims : await verify(type, jws, keys);
      return typeof claims === 'object' && claims !== null ? { ...claims } : undefined;
    } catch {
      return undefined;
    }
  }
}
