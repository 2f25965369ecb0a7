/**
 * What the server says beside rows: errors and notices quote values ("Key (email)=(…) already exists"), and functions put into
 * their messages whatever they like. Where masked columns may be involved, only what can't hold data goes on.
 *
 * Involved are: a statement that touches a masked relation; everything in its transaction from there on (constraints that are
 * checked at COMMIT); and whatever names a masked relation as its table (cascades).
 */

import { GUARD_ERROR, isGuardError } from '../masking/guard.ts';
import type { Sight } from '../masking/sight.ts';
import type { Veil } from '../masking/veil.ts';
import { type Expected, aboutOf } from './expected.ts';
import { originalPosition } from './forms.ts';

type Fields = ReadonlyMap<string, string>;

/** Classes of SQLSTATE (documentation, appendix A) whose messages name objects and limits, never values. For 22 and 42 see `saysNoData`. */
const DATALESS = new Set(['02', '08', '0A', '23', '25', '28', '2B', '3B', '40', '53', '54', '55', '57', '58']);

/** Source files of procedural languages: what was raised there is the function's own choice, SQLSTATE and names included. */
const RAISED = /^(?:pl_|plpy|plperl|pltcl|plv8|pljava|plr\b|pllua)/i;

const SENTENCES = { E: 'the database reported an error about data that is masked', N: 'the database gave a notice about data that is masked' } as const;

/** Fields that go on in any case: severity, SQLSTATE, message (scrubbed), position. */
const PLAIN = new Set(['S', 'V', 'C', 'M', 'P']);
/** Names of schema, table, column, type and constraint. */
const NAMES = new Set(['s', 't', 'c', 'd', 'n']);

/** Of class 22, those that the server raises with a sentence of its own: division by zero, too long, NULL where none may be, a negative LIMIT or OFFSET, a bad sample. */
const PLAIN_22: ReadonlySet<string> = new Set(['22012', '22001', '22004', '2201W', '2201X']);

export class Scrub {
  /** What the agent saw last. */
  #sight: Sight | undefined;
  #touched = false;

  /** Does the agent see masks of anything? */
  applies(head: Expected | undefined): boolean {
    return this.#sight !== undefined || aboutOf(head)?.veil !== undefined;
  }

  /** A statement was under way in the transaction. */
  note(veil: Veil | undefined): void {
    if (veil === undefined) return;
    this.#sight = veil.sight;
    this.#touched ||= veil.touches;
  }

  endTransaction(): void {
    this.#touched = false;
  }

  /** The message's fields as they may go on; undefined: as they are. */
  fields(type: 'E' | 'N', fields: Fields, head: Expected | undefined): Fields | undefined {
    const about = aboutOf(head);
    if (about?.veil !== undefined) this.#sight = about.veil.sight;
    const position = this.#position(fields, head);
    const involved = about?.veil?.touches === true || this.#touched || this.#namesMasked(fields);
    if (!involved) return position === fields.get('P') ? undefined : withPosition(fields, position);
    if (isGuardError(fields.get('C'), fields.get('M'))) return guardFields(fields);
    const raised = RAISED.test(fields.get('F') ?? '');
    const kept = !raised && saysNoData(fields, head, about?.veil?.touches === true);
    const scrubbed = new Map([...fields].filter(([tag]) => PLAIN.has(tag) || (NAMES.has(tag) && !raised) || (tag === 'H' && kept && isClass42(fields)) || (tag === 'D' && !raised && isClass42(fields) && fields.has('P'))));
    if (!kept) scrubbed.set('M', SENTENCES[type]);
    return withPosition(scrubbed, position);
  }

  #position(fields: Fields, head: Expected | undefined): string | undefined {
    const position = fields.get('P');
    const about = aboutOf(head);
    return position === undefined || about === undefined ? position : originalPosition(about, position);
  }

  #namesMasked(fields: Fields): boolean {
    const [schema, table] = [fields.get('s'), fields.get('t')];
    return schema !== undefined && table !== undefined && this.#sight?.relation(schema, table) !== undefined;
  }
}

function withPosition(fields: Fields, position: string | undefined): Fields {
  const changed = new Map(fields);
  if (position === undefined) changed.delete('P');
  else changed.set('P', position);
  return changed;
}

function guardFields(fields: Fields): Fields {
  const severity = [...fields].filter(([tag]) => tag === 'S' || tag === 'V');
  return new Map([...severity, ['C', GUARD_ERROR.code], ['M', GUARD_ERROR.message], ['H', GUARD_ERROR.hint]]);
}

const isClass42 = (fields: Fields): boolean => (fields.get('C') ?? '').startsWith('42');

/** Classes of which a message that names a place in the text speaks of what stands there, a literal for example. */
const OF_THE_TEXT = new Set(['22', '42']);

/** Is the message the same whatever the rows hold? */
function saysNoData(fields: Fields, head: Expected | undefined, touches: boolean): boolean {
  const code = fields.get('C') ?? '';
  // Only analysis of the text itself names a place in it (of a text that a function runs it is field p): no row has been read.
  if (OF_THE_TEXT.has(code.slice(0, 2)) && fields.has('P')) return true;
  if (!isClass42(fields)) return DATALESS.has(code.slice(0, 2)) || PLAIN_22.has(code);
  // Casts to regclass and its like, to_tsquery and dynamic SQL raise these over values.
  return !touches || code === '42501' || head?.kind === 'parse' || head?.kind === 'describe';
}
