/** What runs in the place of an agent's texts, told once: to the journal each form, to the agent what it sees masked. */

import { withoutKeys } from '../masking/keys.ts';
import type { Sight } from '../masking/sight.ts';
import type { Form } from '../masking/veil.ts';
import type { Session } from './session.ts';
import type { Veiling } from './veiling.ts';

/** Schemas of the servers' own. */
const SYSTEM: ReadonlySet<string> = new Set(['pg_catalog', 'information_schema', 'performance_schema', 'mysql', 'sys']);

/** More columns than this are only counted. */
const NAMED = 20;

export class Forms {
  readonly #session: Session;
  readonly #recorded = new WeakSet<Form>();
  /** What the agent was told of. */
  #told: Sight | undefined;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Before the record of the first run. */
  note(text: string, { veil: { form, sight }, substitution }: Veiling): void {
    if (form === undefined || this.#recorded.has(form)) return;
    const { conversation, parts, id } = this.#session;
    // Who doesn't look at what is masked needn't know.
    if (this.#told !== sight && substitution.uses.length > 0) {
      conversation.notice(`countersign: masked for this agent: ${maskedNames(sight)}`);
      this.#told = sight;
    }
    this.#recorded.add(form);
    parts.journal.append({ kind: 'form', session: id, text, ran: withoutKeys(form.text, sight) });
  }
}

/** Of the agent's own tables, not of the server's. */
function maskedNames({ data: { relations } }: Sight): string {
  const names = relations.filter(({ schema }) => !SYSTEM.has(schema)).flatMap(({ name, columns }) => columns.map((column) => `${name}.${column.name}`));
  return names.length > NAMED ? `${names.slice(0, NAMED).join(', ')} and ${names.length - NAMED} more` : names.join(', ');
}
