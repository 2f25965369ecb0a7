/** Bytes that are not what the protocol says they are. The connection can't be followed any further. */
export class Malformed extends Error {
  override readonly name = 'Malformed';
}
