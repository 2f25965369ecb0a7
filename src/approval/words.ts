/** What a request is about, and what its end means, in words: a statement that hasn't begun, or rows of one that has. */

import type { RequestDraft } from './request.ts';

type About = { readonly [K in 'estimatedRows' | 'rowsSent']?: RequestDraft[K] | undefined };

/** Of the statement's rows; undefined when nothing is known. */
export function rowsLine({ estimatedRows, rowsSent }: About): string | undefined {
  if (rowsSent !== undefined) return `${rowsSent} were sent, and the rest waits`;
  return estimatedRows === undefined ? undefined : `about ${estimatedRows}, as the database guesses`;
}

/** Nobody has let it. */
export const stayed = ({ rowsSent }: About): string => (rowsSent === undefined ? 'It did not run.' : 'No more of its rows were sent.');

/** People have let it. */
export const mayNow = ({ rowsSent }: About): string => (rowsSent === undefined ? 'It may run now.' : 'The rest of its rows may follow now.');
