/**
 * Capability flags of the handshake, both ways. A flag is in force when both sides have set it.
 * mysql-server include/mysql_com.h; MariaDB documentation, "Connecting to a server", "Capabilities".
 */
export const Capability = {
  /** CLIENT_LONG_PASSWORD of MySQL. A MariaDB server leaves it out to say that it is one (CLIENT_MYSQL); the extended flags then count. */
  LongPassword: 1,
  FoundRows: 1 << 1,
  LongFlag: 1 << 2,
  ConnectWithDb: 1 << 3,
  NoSchema: 1 << 4,
  Compress: 1 << 5,
  Odbc: 1 << 6,
  LocalFiles: 1 << 7,
  IgnoreSpace: 1 << 8,
  Protocol41: 1 << 9,
  Interactive: 1 << 10,
  Ssl: 1 << 11,
  IgnoreSigpipe: 1 << 12,
  Transactions: 1 << 13,
  Reserved: 1 << 14,
  /** CLIENT_SECURE_CONNECTION, CLIENT_RESERVED2. */
  SecureConnection: 1 << 15,
  MultiStatements: 1 << 16,
  MultiResults: 1 << 17,
  PsMultiResults: 1 << 18,
  PluginAuth: 1 << 19,
  ConnectAttrs: 1 << 20,
  PluginAuthLenencData: 1 << 21,
  CanHandleExpiredPasswords: 1 << 22,
  SessionTrack: 1 << 23,
  DeprecateEof: 1 << 24,
  OptionalResultsetMetadata: 1 << 25,
  ZstdCompression: 1 << 26,
  QueryAttributes: 1 << 27,
  MultiFactorAuthentication: 1 << 28,
  /** The client keeps what is sent after the handshake. */
  CapabilityExtension: 1 << 29,
  VerifyServerCert: 1 << 30,
  RememberOptions: 2 ** 31,
} as const;

/** Extended flags of MariaDB: the upper half of its 64 bits, in what MySQL keeps as filler. */
export const MariaDbCapability = {
  Progress: 1,
  ComMulti: 1 << 1,
  /** COM_STMT_BULK_EXECUTE. */
  StmtBulkOperations: 1 << 2,
  /** Extended metadata in column definitions. */
  ExtendedTypeInfo: 1 << 3,
  /** Column definitions only when they changed since PREPARE. */
  CacheMetadata: 1 << 4,
  BulkUnitResults: 1 << 5,
} as const;

/** What is in force on one connection. */
export interface Capabilities {
  /** `Capability` bits, unsigned. */
  readonly flags: number;
  /** `MariaDbCapability` bits; 0 towards MySQL. */
  readonly extended: number;
}

/** @param flag one bit of `Capability` */
export function has({ flags }: Pick<Capabilities, 'flags'>, flag: number): boolean {
  return (flags & flag) !== 0;
}

/** @param flag one bit of `MariaDbCapability` */
export function hasExtended({ extended }: Pick<Capabilities, 'extended'>, flag: number): boolean {
  return (extended & flag) !== 0;
}

/** Status flags in OK and EOF (mysql-server include/mysql_com.h SERVER_STATUS_flags_enum). */
export const ServerStatus = {
  InTransaction: 1,
  Autocommit: 1 << 1,
  MoreResultsExist: 1 << 3,
  NoGoodIndexUsed: 1 << 4,
  NoIndexUsed: 1 << 5,
  CursorExists: 1 << 6,
  LastRowSent: 1 << 7,
  DbDropped: 1 << 8,
  NoBackslashEscapes: 1 << 9,
  MetadataChanged: 1 << 10,
  QueryWasSlow: 1 << 11,
  PsOutParams: 1 << 12,
  InTransactionReadonly: 1 << 13,
  SessionStateChanged: 1 << 14,
  /** MariaDB only. */
  AnsiQuotes: 1 << 15,
} as const;
