import { createMemoryStore } from '../../src/approval/memory-store.ts';
import type { DecisionKeys } from '../../src/approval/keys.ts';
import type { ApprovalStore } from '../../src/approval/store.ts';
import { createPeople, type PeopleDirectory } from '../../src/identity/people.ts';
import { Proofs } from '../../src/identity/proofs.ts';
import { SignIns } from '../../src/identity/sign-ins.ts';
import { SignOuts } from '../../src/identity/sign-outs.ts';
import type { JournalEvent } from '../../src/journal/events.ts';
import type { Clock } from '../../src/runtime/clock.ts';
import { newKeys, recorder } from '../approval/support.ts';

export const ISSUER = 'https://login.example.com';

interface Given {
  readonly clock: Clock;
  readonly people?: () => PeopleDirectory;
  /** Replicas have them in common. */
  readonly keys?: DecisionKeys;
  readonly store?: ApprovalStore;
  /** What the process has recorded before. */
  readonly past?: readonly JournalEvent[];
}

/** Sign-ins as one process has them. */
export function testSignIns({ clock, people, keys = newKeys(), store = createMemoryStore({ clock }), past = [] }: Given) {
  const events: JournalEvent[] = [];
  const journal = { append: (event: JournalEvent) => events.push(event) };
  const directory = createPeople([], [], clock);
  const known = people ?? (() => directory);
  const { log } = recorder();
  const signedOut = async function* () { for (const event of past) if (event.kind === 'person.signed_out') yield event.jws; };
  const signOuts = new SignOuts({ store, keys, clock, journal, log, past: signedOut(), forget: (email, at) => known().forget(email, at) });
  const proofs = new Proofs({ store, keys, clock, log, proven: (proof) => { if (!signOuts.allEnded(proof)) known().remember(proof); } });
  const signIns = new SignIns({ proofs, keys, people: known, signOuts, clock, journal, issuer: ISSUER });
  const begun = Promise.all([signOuts.begun, proofs.begun]);
  return { signIns, signOuts, begun, keys, store, events, people: known };
}
