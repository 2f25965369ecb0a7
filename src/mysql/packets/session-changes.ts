import { PacketReader } from './reader.ts';

/**
 * One change of the session that an OK reports. MySQL documentation, "OK_Packet: Session State Information"; server: sql/session_tracker.cc,
 * MariaDB: sql/session_tracker.cc. Values are bytes: they are in the character set of results.
 */
export type SessionChange =
  | { readonly kind: 'variable'; readonly name: string; readonly value: Buffer }
  /** The default database; empty when there is none. */
  | { readonly kind: 'schema'; readonly name: Buffer }
  /** Something of the session's state changed (temporary tables, prepared statements, variables, …). */
  | { readonly kind: 'state' }
  | { readonly kind: 'gtids'; readonly data: Buffer }
  /** The statements that would start the transaction again as it is. */
  | { readonly kind: 'transaction_characteristics'; readonly statements: Buffer }
  /** Eight characters, such as `T_R_____`. */
  | { readonly kind: 'transaction_state'; readonly state: string }
  /** A kind this version doesn't know. */
  | { readonly kind: 'other'; readonly type: number; readonly data: Buffer };

/** enum_session_state_type. */
const Track = { SystemVariables: 0, Schema: 1, StateChange: 2, Gtids: 3, TransactionCharacteristics: 4, TransactionState: 5 } as const;

/** @param bytes the whole of what follows the info, without its length */
export function decodeSessionChanges(bytes: Buffer): SessionChange[] {
  const reader = new PacketReader(bytes);
  const changes: SessionChange[] = [];
  while (reader.remaining > 0) changes.push(...decodeEntry(reader.int1(), reader.lenencBytes()));
  return changes;
}

function decodeEntry(type: number, data: Buffer): SessionChange[] {
  const reader = new PacketReader(data);
  switch (type) {
    case Track.SystemVariables:
      return variables(reader);
    case Track.Schema:
      return [{ kind: 'schema', name: last(reader) }];
    case Track.StateChange:
      reader.lenencBytes();
      reader.finish();
      return [{ kind: 'state' }];
    case Track.Gtids:
      return [{ kind: 'gtids', data }];
    case Track.TransactionCharacteristics:
      return [{ kind: 'transaction_characteristics', statements: last(reader) }];
    case Track.TransactionState:
      return [{ kind: 'transaction_state', state: last(reader).toString('latin1') }];
    default:
      return [{ kind: 'other', type, data }];
  }
}

/** Names are ASCII identifiers; in lower case, as the server has them. */
function variables(reader: PacketReader): SessionChange[] {
  const changes: SessionChange[] = [];
  while (reader.remaining > 0) changes.push({ kind: 'variable', name: reader.lenencString().toLowerCase(), value: reader.lenencBytes() });
  return changes;
}

/** The entry's only string. */
function last(reader: PacketReader): Buffer {
  const bytes = reader.lenencBytes();
  reader.finish();
  return bytes;
}
