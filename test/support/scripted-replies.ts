/** Messages a PostgreSQL server sends, as bytes. */

type Cell = string | Uint8Array | null;

function message(tag: string, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const head = Buffer.alloc(5);
  head.write(tag, 0, 'latin1');
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

const int16 = (value: number) => Buffer.from([(value >> 8) & 255, value & 255]);
const int32 = (value: number) => Buffer.from([(value >> 24) & 255, (value >> 16) & 255, (value >> 8) & 255, value & 255]);
const text = (value: string) => Buffer.from(`${value}\0`);

function cell(value: Cell): Buffer {
  if (value === null) return int32(-1);
  const bytes = Buffer.from(value as string);
  return Buffer.concat([int32(bytes.length), bytes]);
}

/** A column of type text without a table. */
const column = (name: string) => Buffer.concat([text(name), int32(0), int16(0), int32(25), int16(-1), int32(-1), int16(0)]);

export const replies = {
  authenticationOk: () => message('R', int32(0)),
  parameters: (values: Readonly<Record<string, string>>) => Buffer.concat(Object.entries(values).map(([name, value]) => message('S', text(name), text(value)))),
  backendKeyData: (pid: number, secret: number) => message('K', int32(pid), int32(secret)),
  ready: (status: 'I' | 'T' | 'E') => message('Z', Buffer.from(status)),
  parseComplete: () => message('1'),
  bindComplete: () => message('2'),
  closeComplete: () => message('3'),
  noData: () => message('n'),
  parameterDescription: () => message('t', int16(0)),

  rowDescription: (names: readonly string[]) => message('T', int16(names.length), ...names.map(column)),
  dataRow: (cells: readonly Cell[]) => message('D', int16(cells.length), ...cells.map(cell)),
  complete: (tag: string) => message('C', text(tag)),
  /** A whole SELECT's answer. */
  rows: (names: readonly string[], rows: readonly (readonly Cell[])[]) =>
    Buffer.concat([replies.rowDescription(names), ...rows.map((cells) => replies.dataRow(cells)), replies.complete(`SELECT ${rows.length}`)]),
  error: (sqlstate: string, sentence: string, severity = 'ERROR') =>
    message('E', text(`S${severity}`), text(`V${severity}`), text(`C${sqlstate}`), text(`M${sentence}`), Buffer.alloc(1)),
  notice: (sqlstate: string, sentence: string) => message('N', text('SNOTICE'), text('VNOTICE'), text(`C${sqlstate}`), text(`M${sentence}`), Buffer.alloc(1)),
  raw: message,
} as const;
