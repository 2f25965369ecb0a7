/** Refusals in MySQL's terms: an errno, an SQLSTATE and one line of text, since there is no room for more in an ERR packet. */

import type { Refusal, RefusalCode } from '../protocol/refusal.ts';
import { decodeErr, encodeErr } from './packets/err.ts';
import { Header, HEADER_BYTES, packets } from './packets/frame.ts';
import { PacketWriter } from './packets/writer.ts';

/** Errno and SQLSTATE (mysql-server share/messages_to_clients.txt). What isn't listed is ER_SPECIFIC_ACCESS_DENIED_ERROR. */
const ERRORS: Partial<Record<RefusalCode, readonly [errno: number, sqlstate: string]>> = {
  cancelled: [1317, '70100'], // ER_QUERY_INTERRUPTED
  syntax_error: [1064, '42000'], // ER_PARSE_ERROR
  too_large: [1153, '08S01'], // ER_NET_PACKET_TOO_LARGE
  protocol_violation: [1835, 'HY000'], // ER_MALFORMED_PACKET
  unsupported: [1235, '42000'], // ER_NOT_SUPPORTED_YET
  unknown_statement: [1243, 'HY000'], // ER_UNKNOWN_STMT_HANDLER
  unknown_portal: [1421, 'HY000'], // ER_STMT_HAS_NO_OPEN_CURSOR
  unknown_session: [1094, 'HY000'], // ER_NO_SUCH_THREAD
  changed: [1615, 'HY000'], // ER_NEED_REPREPARE
  journal_unavailable: [1026, 'HY000'], // ER_ERROR_ON_WRITE
  approvals_unavailable: [1290, 'HY000'], // ER_OPTION_PREVENTS_STATEMENT
  upstream_unavailable: [2013, 'HY000'], // CR_SERVER_LOST
  login_refused: [1045, '28000'], // ER_ACCESS_DENIED_ERROR
  database_refused: [1044, '42000'], // ER_DBACCESS_DENIED_ERROR
  session_killed: [1927, '70100'], // MariaDB: ER_CONNECTION_KILLED
  login_expired: [1927, '70100'],
  shutting_down: [1053, '08S01'], // ER_SERVER_SHUTDOWN
  handshake_timeout: [1159, '08S01'], // ER_NET_READ_INTERRUPTED
  idle_timeout: [4031, 'HY000'], // ER_CLIENT_INTERACTION_TIMEOUT
  internal: [1105, 'HY000'], // ER_UNKNOWN_ERROR
};

const ACCESS_DENIED = [1227, '42000'] as const;

export function errorOf(code: RefusalCode): { readonly errno: number; readonly sqlstate: string } {
  const [errno, sqlstate] = ERRORS[code] ?? ACCESS_DENIED;
  return { errno, sqlstate };
}

export const sqlstateOf = ({ code, verbatim }: Refusal): string => (verbatim === undefined ? errorOf(code).sqlstate : decodeErr(verbatim.subarray(HEADER_BYTES)).sqlstate);

/** An ERR packet with the sequence id. */
export function encodeRefusal(sequence: number, refusal: Refusal): Buffer {
  if (refusal.verbatim !== undefined) return withSequence(refusal.verbatim, sequence);
  return encodeErr(sequence, { ...errorOf(refusal.code), message: refusalText(refusal) });
}

/** @param packet one whole packet, header included */
function withSequence(packet: Buffer, sequence: number): Buffer {
  const copy = Buffer.from(packet);
  copy[3] = sequence & 0xff;
  return copy;
}

/** Bytes of text that clients keep (MYSQL_ERRMSG_SIZE without its NUL). */
const TEXT_BYTES = 511;
/** The JSON must come whole; with it there should be room for a sentence. */
const JSON_BYTES = 300;

/** Sentence, hint and JSON in this order and on one line, within 511 bytes: `refused by policy: … Do not … {"code":"denied","rule":"no-drop"}`. */
export function refusalText({ code, message, detail, hint }: Refusal): string {
  const json = detail === undefined ? '' : ` ${shortJson({ code, ...withoutRepeated(detail, message) })}`;
  const room = TEXT_BYTES - Buffer.byteLength(json);
  const whole = hint === undefined ? message : `${sentence(message)} ${hint}`;
  return (Buffer.byteLength(whole) <= room ? whole : cut(message, room)) + json;
}

/** A reason that the sentence gives already leaves the hint more room. */
function withoutRepeated({ reason, ...detail }: Readonly<Record<string, unknown>>, message: string): Readonly<Record<string, unknown>> {
  return typeof reason === 'string' && !message.includes(reason) ? { reason, ...detail } : detail;
}

const sentence = (message: string): string => (/[.!?]$/.test(message) ? message : `${message}.`);

/** Leaves out what is too long, last first; the code and the request always stay. */
function shortJson(detail: Readonly<Record<string, unknown>>): string {
  const entries = Object.entries(detail);
  for (;;) {
    const json = JSON.stringify(Object.fromEntries(entries));
    if (Buffer.byteLength(json) <= JSON_BYTES) return json;
    const dropped = entries.findLastIndex(([name]) => name !== 'code' && name !== 'request');
    if (dropped === -1) return JSON.stringify({ code: detail['code'] });
    entries.splice(dropped, 1);
  }
}

/** Cut between characters. */
function cut(text: string, room: number): string {
  if (Buffer.byteLength(text) <= room) return text;
  let bytes = 3;
  let kept = '';
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > room) break;
    kept += character;
  }
  return `${kept}...`;
}

/** Characters of a stage that a terminal shows. */
const STAGE = 120;

/** MariaDB's progress report: a stage of 1, nothing of it done ("Progress reporting"; server: sql/protocol.cc net_send_progress_packet). */
export function encodeProgress(sequence: number, stage: string): Buffer {
  const writer = new PacketWriter().int1(Header.Error).int2(0xffff).int1(1).int1(1).int1(1).int3(0);
  return packets(sequence, writer.lenencString(stage.slice(0, STAGE)).take());
}
