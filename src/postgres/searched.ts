/** Values in which something is looked for, in either format. */

import type { Finder, TextForm } from '../masking/detectors/finder.ts';
import type { Tally } from '../masking/detectors/tally.ts';

/** `binary` of any type, `binary_jsonb` with the version before the text (server: jsonb_send). */
export type ValueForm = TextForm | 'binary' | 'binary_jsonb';

/** OIDs below are the server's own, the same everywhere (server: access/transam.h, FirstGenbkiObjectId). */
const FIRST_MADE = 10_000;
const JSON_TYPES: ReadonlySet<number> = new Set([114, 3802]);
const JSONB = 3802;
/** name, text, xml, unknown, bpchar, varchar, cstring; record; tsvector, tsquery, jsonpath; arrays of name, text, json, xml, bpchar, varchar, record, tsvector, jsonb (server: pg_type.dat). */
const TEXTS: ReadonlySet<number> = new Set([19, 25, 142, 705, 1042, 1043, 2275, 2249, 3614, 3615, 4072, 1003, 1009, 199, 143, 1014, 1015, 2287, 3643, 3807]);

/** Undefined: values of the type hold no text. Types of users and extensions may. @param format 0 text, 1 binary */
export function valueForm(type: number, format: number): ValueForm | undefined {
  const json = JSON_TYPES.has(type);
  if (!json && !TEXTS.has(type) && type < FIRST_MADE) return undefined;
  if (format === 0) return json ? 'json' : 'plain';
  return type === JSONB ? 'binary_jsonb' : type === 114 ? 'json' : 'binary';
}

/**
 * The value `bytes[start, end)` without what is found in it; undefined: nothing is. Text never has a byte 0, so what has one is made of several
 * values with lengths before them (an array, a row): null then, which is NULL.
 */
export function searched(finder: Finder, form: ValueForm, bytes: Buffer, start: number, end: number, tally: Tally): Buffer | null | undefined {
  if (form === 'binary_jsonb') {
    const text = finder.replaced(bytes, start + 1, end, 'json', tally);
    return text && Buffer.concat([bytes.subarray(start, start + 1), text]);
  }
  if (form !== 'binary') return finder.replaced(bytes, start, end, form, tally);
  const text = finder.replaced(bytes, start, end, 'plain', tally);
  return text === undefined || !bytes.subarray(start, end).includes(0) ? text : null;
}

const OBJECT = 0x7b;
const ARRAY = 0x5b;
const JSONB_VERSION = 1;

/** Of a value in binary whose type isn't told: what begins as jsonb does is searched as that. */
export const unknownForm = (bytes: Buffer, start: number): ValueForm => (bytes[start] === JSONB_VERSION && (bytes[start + 1] === OBJECT || bytes[start + 1] === ARRAY) ? 'binary_jsonb' : 'binary');
