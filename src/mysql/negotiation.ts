/**
 * Which capabilities are in force, on either side. What changes the form of packets that are passed on must be agreed alike with
 * the agent and with the database; nothing is agreed that isn't parsed.
 */

import type { Flavour } from './flavour.ts';
import { Capability, type Capabilities, has, MariaDbCapability } from './packets/capabilities.ts';

/**
 * What may be agreed with an agent.
 * Not offered: COMPRESS and ZSTD (nobody would see the statements), QUERY_ATTRIBUTES and OPTIONAL_RESULTSET_METADATA (not parsed everywhere),
 * NO_SCHEMA (names would be read otherwise), MULTI_FACTOR_AUTHENTICATION. Whoever has LOCAL_FILES is asked for a file only by statements judged as imports.
 */
const OFFERED = Capability.LongPassword | Capability.FoundRows | Capability.LongFlag | Capability.ConnectWithDb | Capability.Odbc | Capability.IgnoreSpace
  | Capability.LocalFiles | Capability.Protocol41 | Capability.Interactive | Capability.IgnoreSigpipe | Capability.Transactions | Capability.Reserved | Capability.SecureConnection
  | Capability.MultiStatements | Capability.MultiResults | Capability.PsMultiResults | Capability.PluginAuth | Capability.ConnectAttrs
  | Capability.PluginAuthLenencData | Capability.SessionTrack | Capability.DeprecateEof;

/** Not offered: ComMulti, CacheMetadata and BulkUnitResults (the form of results would depend on more). */
const OFFERED_EXTENDED = MariaDbCapability.StmtBulkOperations | MariaDbCapability.ExtendedTypeInfo;
/** We report the progress of holds ourselves, and don't ask databases for theirs. */
const OURS_EXTENDED = MariaDbCapability.Progress;

/** What we need of every database, and an agent of us: without them passwords and packets have the form of before MySQL 4.1. */
const NEEDED = Capability.Protocol41 | Capability.SecureConnection;
/** What we need of a database beside that: its OK packets tell what changed in the session. */
const NEEDED_OF_DATABASE = NEEDED | Capability.PluginAuth | Capability.SessionTrack | Capability.ConnectWithDb | Capability.Transactions;

/** These change the form of results and errors, or what statements mean; the database is asked for them as the agent asked us. */
const PASSED_ON = Capability.FoundRows | Capability.LongFlag | Capability.Odbc | Capability.IgnoreSpace | Capability.Interactive | Capability.MultiStatements
  | Capability.MultiResults | Capability.PsMultiResults | Capability.DeprecateEof;

/**
 * What to offer: what all databases can do, since the agent names its own only afterwards.
 * @param flavour whose greeting it will stand in
 */
export function offer(databases: readonly Capabilities[], flavour: Flavour): Capabilities {
  const common = databases.reduce((flags, database) => flags & database.flags, OFFERED) & ~Capability.LongPassword;
  const extended = databases.reduce((flags, database) => flags & database.extended, OFFERED_EXTENDED);
  // What concerns only the login is ours to offer, whatever the databases can do.
  const flags = common | Capability.ConnectWithDb | Capability.ConnectAttrs | Capability.PluginAuth | Capability.PluginAuthLenencData | NEEDED;
  return flavour === 'mysql' ? { flags: flags | Capability.LongPassword, extended: 0 } : { flags, extended: extended | OURS_EXTENDED };
}

/** What an agent's response and our offer have in common. */
export function agree(asked: Capabilities, offered: Capabilities): Capabilities {
  // A client that says LONG_PASSWORD to a server that doesn't is one of MySQL's: its extended flags mean nothing.
  const extended = has(asked, Capability.LongPassword) ? 0 : asked.extended & offered.extended;
  return { flags: (asked.flags & (offered.flags | Capability.LongPassword)) >>> 0, extended };
}

/** What is missing for us to speak with the agent, by name; undefined when nothing is. */
export function missingOfAgent({ flags }: Capabilities): string | undefined {
  if (!has({ flags }, Capability.Protocol41)) return 'CLIENT_PROTOCOL_41';
  return has({ flags }, Capability.SecureConnection) ? undefined : 'CLIENT_SECURE_CONNECTION';
}

/**
 * What to ask of the database. `lacking`: it can't do what was agreed with the agent (it has become another one since we offered).
 * @param agent what is in force towards the agent
 * @param server what the database's greeting offers
 */
export function ask(agent: Capabilities, server: Capabilities): { readonly asked: Capabilities; readonly lacking: boolean } {
  const wanted = NEEDED_OF_DATABASE | (agent.flags & PASSED_ON);
  // Databases may have LOCAL_FILES turned on and off (local_infile) while they run.
  const optional = (Capability.ConnectAttrs | Capability.PluginAuthLenencData | (agent.flags & Capability.LocalFiles)) & server.flags;
  const mysql = server.flags & Capability.LongPassword;
  const wantedExtended = agent.extended & ~OURS_EXTENDED;
  const extended = wantedExtended & server.extended;
  return {
    asked: { flags: (wanted | optional | mysql) >>> 0, extended },
    lacking: (wanted & ~server.flags) !== 0 || extended !== wantedExtended,
  };
}
