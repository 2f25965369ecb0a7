/** The session begins anew: what the database is told once the client has answered a COM_CHANGE_USER. */

import type { Slices } from '../framing/slices.ts';
import type { ExpectedQueue } from './expected.ts';
import { type Part, sequenceBehind } from './inbox.ts';
import { Command } from './packets/commands.ts';
import { packets } from './packets/frame.ts';

/**
 * To the client all of it is one reply: a last word of the authentication, if there is one, and the OK of the last command.
 * Whoever answers wrongly is told so, and the connection ends (server: sql/sql_parse.cc dispatch_command, COM_CHANGE_USER).
 * A collation that the server doesn't know changes nothing, as at login.
 */
export function renew(part: Part & { readonly kind: 'answer' }, expected: ExpectedQueue, toDatabase: Slices): void {
  const sequence = sequenceBehind(part);
  const step = part.asked.answer(part.payload);
  if (step.kind === 'refused') return expected.push({ kind: 'farewell', refusal: step.refusal, sequence, shift: 0 });
  const { last, schema, collation } = step;
  const tell = (command: number, argument = ''): void => toDatabase.add(packets(0, Buffer.concat([Buffer.of(command), Buffer.from(argument)])));
  if (last !== undefined) expected.push({ kind: 'say', payload: last, sequence, shift: 0 });
  tell(Command.ResetConnection);
  expected.push({ kind: 'renew', sequence: 1, shift: 0 });
  if (collation !== undefined) {
    tell(Command.Query, `SET character_set_client = ${collation}, character_set_results = ${collation}, collation_connection = ${collation}`);
    expected.push({ kind: 'charset', sequence: 1, shift: 0 });
  }
  tell(Command.InitDb, schema);
  expected.push({ kind: 'ok', sequence: 1, shift: sequence - 1 + (last === undefined ? 0 : 1) });
}
