import { ByteReader } from '../../framing/reader.ts';
import { HEADER_BYTES, message } from './frame.ts';

/** Fields of ErrorResponse and NoticeResponse that we write or read (documentation, "Error and Notice Message Fields"). */
export interface ErrorFields {
  readonly severity: 'ERROR' | 'FATAL' | 'PANIC' | 'NOTICE' | 'WARNING' | 'INFO' | 'LOG' | 'DEBUG';
  readonly sqlstate: string;
  readonly message: string;
  readonly detail?: string;
  readonly hint?: string;
}

export function encodeErrorResponse(fields: ErrorFields): Buffer {
  return message('E', encodeFields(fields));
}

export function encodeNoticeResponse(fields: ErrorFields): Buffer {
  return message('N', encodeFields(fields));
}

function encodeFields({ severity, sqlstate, message: text, detail, hint }: ErrorFields): Buffer {
  const fields: [string, string | undefined][] = [['S', severity], ['V', severity], ['C', sqlstate], ['M', text], ['D', detail], ['H', hint]];
  const body = fields.map(([tag, value]) => (value === undefined ? '' : `${tag}${value.replaceAll('\0', '')}\0`)).join('');
  return Buffer.from(`${body}\0`, 'utf8');
}

/** Reads the fields of `bytes[start, end)`, a whole ErrorResponse or NoticeResponse; lenient about text encoding, since the server's language may be anything. */
export function decodeErrorFields(bytes: Buffer, start: number, end: number): ReadonlyMap<string, string> {
  const reader = new ByteReader(bytes, start + HEADER_BYTES, end);
  const fields = new Map<string, string>();
  while (reader.remaining > 0) {
    const tag = reader.uint8();
    if (tag === 0) break;
    fields.set(String.fromCharCode(tag), reader.cbytes().toString('utf8'));
  }
  return fields;
}

/** The same message with other fields: `E` or `N`. */
export function encodeErrorFields(type: 'E' | 'N', fields: ReadonlyMap<string, string>): Buffer {
  return message(type, ...[...fields].map(([tag, value]) => `${tag}${value}`), Buffer.alloc(1));
}
