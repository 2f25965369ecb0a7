/**
 * PostgreSQL messages as readable lines, for golden conversations: `B RowDescription "id":23`, `F Query "SELECT 1"`.
 * What differs from run to run (keys, salts, proofs, the server's source lines) is left out.
 * Formats: PostgreSQL documentation, "Message Formats".
 */

type Describe = (body: BodyReader) => string;

/** Reads one message body; throws RangeError past its end, as Buffer does. */
class BodyReader {
  readonly #body: Buffer;
  #at = 0;

  constructor(body: Buffer) {
    this.#body = body;
  }

  get done(): boolean {
    return this.#at >= this.#body.length;
  }

  byte(): number {
    return this.#body.readUInt8(this.#at++);
  }

  int16(): number {
    this.#at += 2;
    return this.#body.readInt16BE(this.#at - 2);
  }

  int32(): number {
    this.#at += 4;
    return this.#body.readInt32BE(this.#at - 4);
  }

  text(): string {
    const end = this.#body.indexOf(0, this.#at);
    if (end < 0) throw new RangeError('a string without its NUL');
    const text = this.#body.toString('utf8', this.#at, end);
    this.#at = end + 1;
    return JSON.stringify(text);
  }

  /** A value with its length before it; -1 is NULL. */
  value(): string {
    const length = this.int32();
    return length < 0 ? 'NULL' : shown(this.bytes(length));
  }

  bytes(length: number): Buffer {
    if (this.#at + length > this.#body.length) throw new RangeError('a value longer than its message');
    this.#at += length;
    return this.#body.subarray(this.#at - length, this.#at);
  }

  rest(): Buffer {
    return this.bytes(this.#body.length - this.#at);
  }

  list<T>(count: number, read: () => T): T[] {
    return Array.from({ length: count }, read);
  }
}

function shown(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  // eslint-disable-next-line no-control-regex
  return Buffer.from(text).equals(bytes) && !/[\0-\x08\x0e-\x1f]/.test(text) ? JSON.stringify(text) : `\\x${bytes.toString('hex')}`;
}

const FORMATS = ['text', 'binary'];

const AUTHENTICATION: Readonly<Record<number, string>> = {
  0: 'AuthenticationOk', 2: 'AuthenticationKerberosV5', 3: 'AuthenticationCleartextPassword', 5: 'AuthenticationMD5Password',
  7: 'AuthenticationGSS', 9: 'AuthenticationSSPI', 11: 'AuthenticationSASLContinue', 12: 'AuthenticationSASLFinal',
};

function authentication(body: BodyReader): string {
  const kind = body.int32();
  if (kind !== 10) return AUTHENTICATION[kind] ?? `Authentication ${kind}`;
  const mechanisms: string[] = [];
  for (let name = body.text(); name !== '""'; name = body.text()) mechanisms.push(name);
  return ['AuthenticationSASL', ...mechanisms].join(' ');
}

/** Fields of errors and notices by their letter; V, F, L and R are left out, being repetition or the server's source lines. */
function fields(body: BodyReader): string {
  const shownFields: string[] = [];
  for (let code = body.byte(); code !== 0; code = body.byte()) {
    const letter = String.fromCharCode(code);
    const text = body.text();
    if (!'VFLR'.includes(letter)) shownFields.push(`${letter}=${text}`);
  }
  return shownFields.join(' ');
}

function rowDescription(body: BodyReader): string {
  const columns = body.list(body.int16(), () => {
    const name = body.text();
    body.int32();
    body.int16();
    const type = body.int32();
    body.int16();
    body.int32();
    return body.int16() === 1 ? `${name}:${type}:binary` : `${name}:${type}`;
  });
  return ['RowDescription', ...columns].join(' ');
}

function copyResponse(name: string): Describe {
  return (body) => {
    const overall = FORMATS[body.byte()] ?? '?';
    return `${name} ${overall} ${body.int16()} columns`;
  };
}

const named = (name: string): Describe => () => name;

const BACKEND: Readonly<Record<string, Describe>> = {
  R: authentication,
  S: (body) => `ParameterStatus ${body.text()} ${body.text()}`,
  K: named('BackendKeyData'),
  Z: (body) => `ReadyForQuery ${String.fromCharCode(body.byte())}`,
  T: rowDescription,
  D: (body) => ['DataRow', ...body.list(body.int16(), () => body.value())].join(' '),
  C: (body) => `CommandComplete ${body.text()}`,
  E: (body) => `ErrorResponse ${fields(body)}`,
  N: (body) => `NoticeResponse ${fields(body)}`,
  1: named('ParseComplete'),
  2: named('BindComplete'),
  3: named('CloseComplete'),
  n: named('NoData'),
  s: named('PortalSuspended'),
  t: (body) => ['ParameterDescription', ...body.list(body.int16(), () => body.int32())].join(' '),
  I: named('EmptyQueryResponse'),
  G: copyResponse('CopyInResponse'),
  H: copyResponse('CopyOutResponse'),
  W: copyResponse('CopyBothResponse'),
  d: (body) => `CopyData ${shown(body.rest())}`,
  c: named('CopyDone'),
  A: (body) => {
    body.int32();
    return `NotificationResponse ${body.text()} ${body.text()}`;
  },
  V: (body) => `FunctionCallResponse ${body.value()}`,
  v: (body) => `NegotiateProtocolVersion ${body.int32()} ${body.list(body.int32(), () => body.text()).join(' ')}`.trimEnd(),
};

function bind(body: BodyReader): string {
  const portal = body.text();
  const statement = body.text();
  const formats = body.list(body.int16(), () => body.int16());
  const values = body.list(body.int16(), () => body.value());
  const results = body.list(body.int16(), () => body.int16());
  const binary = (list: number[], label: string) => (list.includes(1) ? [`${label}=${list.map((format) => FORMATS[format]).join(',')}`] : []);
  return ['Bind', portal, statement, ...values, ...binary(formats, 'formats'), ...binary(results, 'results')].join(' ');
}

const object = (name: string): Describe => (body) => `${name} ${String.fromCharCode(body.byte())} ${body.text()}`;

const FRONTEND: Readonly<Record<string, Describe>> = {
  Q: (body) => `Query ${body.text()}`,
  P: (body) => ['Parse', body.text(), body.text(), ...body.list(body.int16(), () => body.int32())].join(' '),
  B: bind,
  E: (body) => `Execute ${body.text()} ${body.int32()}`,
  D: object('Describe'),
  C: object('Close'),
  H: named('Flush'),
  S: named('Sync'),
  X: named('Terminate'),
  d: (body) => `CopyData ${shown(body.rest())}`,
  c: named('CopyDone'),
  f: (body) => `CopyFail ${body.text()}`,
  p: named('PasswordOrSASL'),
  F: named('FunctionCall'),
};

/** One line for one whole message (type byte, length, body). Never throws: what can't be read is shown as hex. */
export function trace(side: 'B' | 'F', frame: Buffer): string {
  const tag = String.fromCharCode(frame[0] ?? 0);
  const describe = (side === 'B' ? BACKEND : FRONTEND)[tag];
  try {
    if (describe !== undefined) return `${side} ${describe(new BodyReader(frame.subarray(5)))}`;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return `${side} malformed \\x${frame.toString('hex')}`;
}

/** The message's name, without what it holds: `RowDescription`. */
export function nameIn(line: string): string {
  return line.split(' ')[1] ?? '';
}
