/** Connection attributes: what an agent's client says of itself. */

/** Shown to approvers and kept in the journal; names as drivers have them (MySQL reference manual, "Performance Schema Connection Attribute Tables"). */
const SHOWN = new Set(['program_name', '_client_name', '_client_version', '_os', '_platform']);
const OWN = 'countersign.';
/** Characters of one value that are kept. */
const LONGEST = 1024;

export interface SessionAttributes {
  /** `program_name` stands for `application_name`, too, the one name of it that both protocols share. */
  readonly attributes: Readonly<Record<string, string>>;
  /** `countersign.…`: settings of the session, as if it had made them. */
  readonly settings: ReadonlyMap<string, string>;
}

export function sessionAttributes(given: ReadonlyMap<string, string>): SessionAttributes {
  const kept = [...given].map(([name, value]) => [name.toLowerCase(), value.slice(0, LONGEST)] as const).filter(([name]) => SHOWN.has(name) || name.startsWith(OWN));
  const program = given.get('program_name');
  return {
    attributes: Object.fromEntries([...kept, ...(program === undefined ? [] : [['application_name', program.slice(0, LONGEST)] as const])]),
    settings: new Map(kept.filter(([name]) => name.startsWith(OWN))),
  };
}
