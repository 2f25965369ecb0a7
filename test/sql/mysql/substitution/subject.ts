import type { Sight } from '../../../../src/masking/sight.ts';
import type { Substitution } from '../../../../src/masking/substitution.ts';
import type { CatalogData } from '../../../../src/sql/catalog.ts';
import { Readings } from '../../../../src/sql/mysql/reading.ts';
import { IN_WORKER, loadParsers, SecondReading } from '../../../../src/sql/mysql/second-reading.ts';
import { Substituter } from '../../../../src/sql/mysql/substitution/substituter.ts';

export type Substitute = (text: string, sight: Sight, mode?: string) => Substitution;

/** Of a session in the database `shop`. */
export async function substituteWith(data: CatalogData): Promise<Substitute> {
  const readings = new Readings();
  const substituter = new Substituter(data, readings, new SecondReading(await loadParsers(data.mysql?.flavour ?? 'mysql'), IN_WORKER));
  return (text, sight, mode = '') => substituter.substitute(text, readings.reading({ sqlMode: mode, database: 'shop' }), sight);
}

/** As the corpus writes it. */
export const said = ({ uses, obstacle, text }: Substitution, sql: string): string =>
  [...uses.map(({ column, use, value }) => `${column}:${use}${value === undefined ? '' : `=${value}`}`), ...(obstacle === undefined ? (text === sql ? ['same'] : []) : ['obstacle'])].join(' ');
