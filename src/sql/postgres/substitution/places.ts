/** The text that stands in a relation's place. */

import type { RelationData } from '../../catalog.ts';
import { postgresName } from '../../quoting.ts';
import type { Analysis } from './analysis.ts';
import { Obstacle } from './model.ts';
import type { Place } from './model.ts';
import { qualifiedName } from './names.ts';

/** Writes the edits of all places that were found. */
export function substitutePlaces(analysis: Analysis): void {
  for (const place of analysis.places.values()) {
    if (place.whole && place.systemColumns.size > 0) {
      throw new Obstacle(`System columns (${[...place.systemColumns].join(', ')}) can't be read beside * or a whole row of ${place.relation.name}, which has masked columns; name the columns instead.`);
    }
    substitute(analysis, place);
  }
}

function substitute(analysis: Analysis, place: Place): void {
  const { tokens } = analysis;
  const { range } = place;
  const name = analysis.tokenAt(range.location);
  let first = name;
  let last = tokens.endOfName(name);
  if (tokens.word(last + 1) === '*') last++;
  if (range.inh !== true) {
    if (tokens.word(first - 1) === '(' && tokens.word(first - 2) === 'ONLY') {
      first -= 2;
      if (tokens.word(++last) !== ')') throw new Obstacle('ONLY could not be read.');
    } else if (tokens.word(first - 1) === 'ONLY') first--;
    else throw new Obstacle('ONLY could not be read.');
  }
  const end = tokens.get(last)?.end ?? 0;
  if (tokens.word(first - 1) === 'TABLE') {
    const word = tokens.get(first - 1);
    analysis.edit(word?.start ?? 0, word?.end ?? 0, 'SELECT * FROM');
  }
  const sample = place.sample === undefined ? undefined : sampleOf(analysis, place, last);
  const named = range.alias === undefined ? ` AS ${postgresName(range.relname ?? '')}` : '';
  analysis.edit(tokens.get(first)?.start ?? 0, end, `(${inside(place, sample?.text)})${named}`);
  if (sample !== undefined) analysis.edit(sample.start, sample.end, '');
}

/** TABLESAMPLE stands behind the alias; it goes inside, where the table is. */
function sampleOf(analysis: Analysis, place: Place, last: number): { readonly start: number; readonly end: number; readonly text: string } {
  const { tokens } = analysis;
  const method = analysis.tokenAt(place.sample?.location);
  if (tokens.word(method - 1) !== 'TABLESAMPLE' || method <= last) throw new Obstacle('TABLESAMPLE could not be read.');
  let close = tokens.closing(tokens.endOfName(method) + 1);
  if (tokens.word(close + 1) === 'REPEATABLE') close = tokens.closing(close + 2);
  const start = tokens.get(method - 1)?.start;
  const end = tokens.get(close)?.end;
  if (start === undefined || end === undefined) throw new Obstacle('TABLESAMPLE could not be read.');
  return { start, end, text: tokens.text.slice(start, end) };
}

function inside(place: Place, sample: string | undefined): string {
  if (place.definition !== undefined) return place.definition;
  const columns = [...maskedColumns(place.relation, place), ...[...place.systemColumns].map(postgresName)];
  const guard = place.masked?.guard;
  const conditions = [...(guard === undefined ? [] : [guard]), ...place.conditions.values()];
  const from = `${place.range.inh === true ? '' : 'ONLY '}${qualifiedName(place.relation)}`;
  return `SELECT ${columns.join(', ')} FROM ${from}${sample === undefined ? '' : ` ${sample}`}${conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`}`;
}

/** Each column as it is seen, in the relation's order. */
export function maskedColumns(relation: RelationData, { masked }: Pick<Place, 'masked'>): string[] {
  const masks = new Map(masked?.columns.map((column) => [column.name, column]));
  return relation.columns.map(({ name }) => {
    const mask = masks.get(name);
    return mask === undefined ? postgresName(name) : `${mask.sql.join(postgresName(name))} AS ${postgresName(name)}`;
  });
}
