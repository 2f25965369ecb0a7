/** What goes to the database in the place of a text, where the agent sees only masks of something in it. */

import type { Veil } from '../masking/veil.ts';
import type { Refusal } from '../protocol/refusal.ts';
import type { StatementText } from '../protocol/statement.ts';
import { decodeQuery } from './bound.ts';
import { Command } from './packets/commands.ts';
import type { Prepared } from './prepared.ts';
import type { Tracked } from './tracked.ts';

/** The payload of a command in the place of the client's; a refusal when there is none. Undefined: the client's own goes. */
export type Sent = Buffer | Refusal | undefined;

const UNWRITABLE: Refusal = {
  code: 'mask_unsupported', message: 'what runs in the statement\'s place, so that columns are masked, can\'t be written in the session\'s character set',
  hint: 'SET NAMES utf8mb4 first.',
};

/** COM_FIELD_LIST tells defaults beside the definitions, in a form of its own that nothing here reads. */
const NO_TEXT: Refusal = { code: 'mask_unsupported', message: 'command FieldList can\'t be masked', hint: 'Use SHOW COLUMNS.' };

/** @param payload of the client's command: COM_QUERY, or one that is judged like it */
export function queryFor(veil: Veil | undefined, payload: Buffer, { tracked, attributes }: { readonly tracked: Tracked; readonly attributes: boolean }): Sent {
  if (veil !== undefined && payload[0] === Command.FieldList) return NO_TEXT;
  if (veil?.form === undefined) return undefined;
  const text = tracked.decoder.encode(veil.form.text);
  if (text === undefined) return UNWRITABLE;
  const head = payload[0] === Command.Query ? payload.subarray(0, payload.length - decodeQuery(payload, attributes).text.length) : Buffer.of(Command.Query);
  return Buffer.concat([head, text]);
}

export function prepareFor({ veil }: StatementText, tracked: Tracked): Sent {
  return veil?.form === undefined ? undefined : prepareOf(veil.form.text, tracked);
}

/** What was prepared before, in the form in which it runs now. */
export const prepareAgain = ({ text }: StatementText, veil: Veil | undefined, tracked: Tracked): Buffer | Refusal => prepareOf(veil?.form?.text ?? text, tracked);

function prepareOf(sql: string, { decoder }: Tracked): Buffer | Refusal {
  const text = decoder.encode(sql);
  return text === undefined ? UNWRITABLE : Buffer.concat([Buffer.of(Command.StmtPrepare), text]);
}

/** Was it prepared as it has to run now? */
export const isPreparedAs = ({ atServer }: Prepared, veil: Veil | undefined): boolean => atServer.form === veil?.form?.text;

/** The policy or the catalog has changed since, or who asks sees more or less of it: and what the client was told of the statement holds no more. */
export const preparedOtherwise: Refusal = {
  code: 'changed', message: 'which of the statement\'s columns are masked has changed since it was prepared', hint: 'Prepare it again.',
};
