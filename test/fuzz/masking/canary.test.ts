/** Whatever sessions do to masked values under the usual terms, nothing of them is received: not as they are, and in no simple encoding. */

import { expect } from 'vitest';
import { outcomeOf } from './answers.ts';
import { sessionOf } from './grammar/grammar.ts';
import { DEFAULT_POLICY } from './pair.ts';
import { SECRETS } from './schema.ts';
import { overEach, protocolOf, SEED as FIRST, STATEMENTS as ALL } from './support.ts';
import { told } from './tally.ts';

const STATEMENTS = ALL / 4;
const SEED = FIRST + 1_000_000;

/** Pieces of six characters of the masked texts that stand nowhere else, as they are, reversed, and in hex and base64 of each alignment. */
function canaries(): RegExp {
  const found = new Set<string>();
  for (let id = 1; id <= 12; id++) {
    for (const value of [SECRETS.left.email(id), SECRETS.left.ssn(id), SECRETS.left.number(id), SECRETS.left.iban(id)]) {
      for (let at = 0; at + 6 <= value.length; at++) {
        const piece = value.slice(at, at + 6);
        // The statements themselves say `example`.
        if ('.example'.includes(piece) || (/^[\d.]+$/.test(piece) && !piece.startsWith('4111'))) continue;
        found.add(piece).add(piece.split('').toReversed().join('')).add(Buffer.from(piece).toString('hex'));
      }
      for (const skip of [0, 1, 2]) found.add(Buffer.from(value.slice(skip, skip + 9)).toString('base64'));
    }
  }
  return new RegExp([...found].map((piece) => piece.replaceAll(/[.+]/g, '\\$&')).join('|'), 'i');
}

/** What the statements of the grammar say themselves may come back. */
const SAID = /a001@left0\.example|007-11-0001|411100/g;

overEach(`nothing of a masked value comes with the answers to ${STATEMENTS} statements`, DEFAULT_POLICY, async (pair, server) => {
  const canary = canaries();
  const leaks: string[] = [];
  let statements = 0;
  let answered = 0;
  for (let seed = SEED; statements < STATEMENTS; seed++) {
    const session = sessionOf(seed, protocolOf(server));
    for (const step of [...session.steps, ...session.after]) {
      statements++;
      const bytes = await pair.left.answer(step);
      if (outcomeOf(server, bytes) === 'answered') answered++;
      const answer = bytes.toString('latin1').replaceAll(SAID, '');
      const found = canary.exec(answer)?.[0];
      if (found !== undefined) leaks.push(`${found} in the answer to ${told(seed, session, step)}\n${JSON.stringify(answer)}`);
    }
  }
  console.log(`${server}: seed ${SEED}, ${statements} statements, ${answered} of them answered, ${leaks.length} leaks`);
  expect(leaks.slice(0, 10).join('\n\n')).toBe('');
  // Else there was nothing that could have leaked.
  expect(answered).toBeGreaterThan(statements / 2);
});
