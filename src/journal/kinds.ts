import type { JournalRecord } from './events.ts';

type Kind = JournalRecord['event']['kind'];

/** Every kind there is; a kind added to the events and forgotten here doesn't compile. */
const KINDS: Readonly<Record<Kind, true>> = {
  'process.start': true, 'process.stop': true, 'policy.loaded': true, 'policy.rejected': true, 'login.refused': true,
  'session.start': true, 'session.end': true, prepare: true, statement: true, refused: true, continue: true, outcome: true, overrun: true, cancel: true,
  'request.opened': true, 'request.decided': true, 'request.escalated': true, 'request.ended': true, 'agent.frozen': true, 'agent.thawed': true,
  'person.signed_in': true, 'person.signed_out': true, 'person.refused': true,
  form: true, statements: true, judged: true, outcomes: true, checkpoint: true, text: true, recovered: true, outage: true, retired: true,
};

/** What a record of the kind has in its JSON, and no other: it is canonical, without spaces, and inside of a text the quotes are escaped. */
export const kindMark = (kind: Kind): Buffer => Buffer.from(`"kind":"${kind}"`);

export function isKind(text: string): text is Kind {
  return Object.hasOwn(KINDS, text);
}
