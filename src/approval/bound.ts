/** What a request's digest covers, in the form in which the journal records it: one and the same, so that whoever has the record can compute the digest again. */

import type { Encoding } from '../protocol/parameters.ts';
import { encodings, parameterTexts, places, shownValue } from '../protocol/parameters.ts';
import type { Statement } from '../protocol/statement.ts';
import type { DigestParameter, DigestStatement } from './digest.ts';
import { requestDigest } from './digest.ts';

export interface Bound {
  /** Role, search_path or default schema, sql_mode, …; and how what was prepared before is read. */
  readonly settings: readonly (readonly [name: string, value: string])[];
  readonly statements: readonly BoundStatement[];
}

interface BoundStatement {
  /** Where in the request's text its own stands, UTF-16 units. Where it is the only one, all of it is, and the request's parameters are its. */
  readonly at?: readonly [from: number, to: number];
  readonly parameters?: readonly (string | null)[];
  /** Of each parameter: format, and how what is shown of it tells its bytes. */
  readonly values: readonly (readonly [format: number, encoding: Encoding])[];
  /** Codes of the parameters' types, as far as the client said any. */
  readonly types: readonly number[];
}

/** The rest of it: what people see. */
export interface BoundRequest {
  readonly agent: string;
  readonly database: string;
  readonly policy: string;
  readonly text: string;
  readonly parameters?: readonly (string | null)[];
  readonly forms?: readonly string[];
  readonly bound: Bound;
}

export interface ToBind {
  readonly statements: readonly Statement[];
  readonly settings: readonly (readonly [string, string])[];
}

export function boundOf({ statements, settings }: ToBind): Bound {
  const at = statements.length === 1 ? [] : places(statements);
  // What was prepared is read as the session was then.
  const readings = statements.flatMap(({ source: { reading } }, index) => (reading === undefined ? [] : [[`reading of statement ${index}`, reading.key] as const]));
  return { settings: [...settings, ...readings], statements: statements.map((statement, index) => oneOf(statement, at[index])) };
}

function oneOf({ source, parameters }: Statement, at: readonly [number, number] | undefined): BoundStatement {
  const shown = encodings(parameters);
  return {
    ...(at && { at, parameters: parameterTexts(parameters) }),
    values: parameters.map(({ format }, index) => [format, shown[index] ?? 'null'] as const),
    types: [...source.types, ...parameters.flatMap(({ type }) => type ?? [])],
  };
}

/** Throws TypeError when the parts don't fit together. */
export function boundDigest({ agent, database, policy, text, parameters, forms, bound }: BoundRequest): string {
  return requestDigest({
    agent, database, policy, batch: Buffer.from(text, 'utf8'),
    statements: textsOf({ text, bound, ...(parameters && { parameters }) }).map(({ text, shown }, index) => digested(text, shown, bound.statements[index])),
    settings: [...bound.settings, ...(forms ?? []).map((form, index) => [`form ${index}`, form] as const)],
  });
}

/** Text and parameters of each statement. */
export function textsOf({ text, parameters, bound }: Pick<BoundRequest, 'text' | 'parameters' | 'bound'>): { readonly text: string; readonly shown: readonly (string | null)[] }[] {
  return bound.statements.map(({ at, parameters: own }) => (at === undefined ? { text, shown: parameters ?? [] } : { text: text.slice(...at), shown: own ?? [] }));
}

function digested(text: string, shown: readonly (string | null)[], statement: BoundStatement | undefined): DigestStatement {
  if (statement?.values.length !== shown.length) throw new TypeError('The values don\'t fit the parameters.');
  return { text: Buffer.from(text, 'utf8'), types: statement.types, parameters: statement.values.map((value, index) => parameter(value, shown[index] ?? null)) };
}

function parameter([format, encoding]: readonly [number, Encoding], shown: string | null): DigestParameter {
  const value = shownValue(encoding, shown);
  if (value === undefined) throw new TypeError(`A value isn't shown as ${encoding}.`);
  return { format, value };
}
