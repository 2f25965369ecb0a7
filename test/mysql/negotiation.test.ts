/** What is agreed with agents and asked of databases. */

import { describe, expect, it } from 'vitest';
import { SeenServers, serverVersion } from '../../src/mysql/flavour.ts';
import { agree, ask, offer } from '../../src/mysql/negotiation.ts';
import { Capability, MariaDbCapability } from '../../src/mysql/packets/capabilities.ts';
import type { Greeting } from '../../src/mysql/packets/handshake.ts';

const ALL = 0xffff_ffff;
const MYSQL = { flags: ALL, extended: 0 };
const MARIADB = { flags: (ALL & ~Capability.LongPassword) >>> 0, extended: ALL };
const NEVER = Capability.Compress | Capability.ZstdCompression | Capability.QueryAttributes | Capability.OptionalResultsetMetadata | Capability.NoSchema | Capability.MultiFactorAuthentication | Capability.CapabilityExtension;

describe('an offer', () => {
  it('never holds what isn\'t parsed, whatever the databases can do', () => {
    for (const flavour of ['mysql', 'mariadb'] as const) {
      const { flags, extended } = offer([MYSQL, MARIADB], flavour);
      expect(flags & NEVER).toBe(0);
      expect(extended & (MariaDbCapability.CacheMetadata | MariaDbCapability.BulkUnitResults | MariaDbCapability.ComMulti)).toBe(0);
    }
  });

  it('holds what all databases can do', () => {
    const old = { flags: MYSQL.flags & ~Capability.DeprecateEof, extended: 0 };
    expect(offer([MYSQL, old], 'mysql').flags & Capability.DeprecateEof).toBe(0);
    expect(offer([MYSQL, MYSQL], 'mysql').flags & Capability.DeprecateEof).not.toBe(0);
    expect(offer([MARIADB], 'mariadb').extended).toBe(MariaDbCapability.StmtBulkOperations | MariaDbCapability.ExtendedTypeInfo | MariaDbCapability.Progress);
    expect(offer([MARIADB, { ...MARIADB, extended: 0 }], 'mariadb').extended).toBe(MariaDbCapability.Progress);
  });

  it('looks like the flavour it is given for', () => {
    expect(offer([MARIADB], 'mariadb').flags & Capability.LongPassword).toBe(0);
    expect(offer([MARIADB, MYSQL], 'mysql')).toMatchObject({ extended: 0 });
    expect(offer([MARIADB, MYSQL], 'mysql').flags & Capability.LongPassword).not.toBe(0);
  });
});

describe('what is asked of a database', () => {
  it('is what changes the form of results, as it was agreed with the agent', () => {
    const offered = offer([MARIADB], 'mariadb');
    const agreed = agree({ flags: (ALL & ~(Capability.DeprecateEof | Capability.LongPassword)) >>> 0, extended: ALL }, offered);
    const { asked, lacking } = ask(agreed, MARIADB);
    expect(lacking).toBe(false);
    expect(asked.flags & (NEVER | Capability.DeprecateEof | Capability.LongPassword)).toBe(0);
    expect(asked.flags & Capability.SessionTrack).not.toBe(0);
    expect(asked.extended).toBe(MariaDbCapability.StmtBulkOperations | MariaDbCapability.ExtendedTypeInfo);
  });

  it('by a client of MySQL\'s has no extended flags', () => {
    const agreed = agree({ flags: ALL, extended: ALL }, offer([MARIADB], 'mariadb'));
    expect(agreed.extended).toBe(0);
    expect(ask(agreed, MARIADB)).toMatchObject({ asked: { extended: 0 }, lacking: false });
  });

  it('is lacking when the database has become another one', () => {
    const agreed = agree({ flags: ALL, extended: 0 }, offer([MYSQL], 'mysql'));
    expect(ask(agreed, { flags: MYSQL.flags & ~Capability.DeprecateEof, extended: 0 }).lacking).toBe(true);
    const bulk = agree({ flags: MARIADB.flags, extended: ALL }, offer([MARIADB], 'mariadb'));
    expect(ask(bulk, MYSQL).lacking).toBe(true);
  });
});

describe('versions', () => {
  it.each([
    ['5.5.5-10.11.6-MariaDB-0+deb12u1', 'mariadb', [10, 11, 6]], ['11.4.2-MariaDB-log', 'mariadb', [11, 4, 2]], ['5.5.5-10.0.1', 'mariadb', [10, 0, 1]], ['8.0.36', 'mysql', [8, 0, 36]], ['9.1.0-commercial', 'mysql', [9, 1, 0]],
    ['5.7.44-log', 'mysql', [5, 7, 44]], ['TiDB', 'mysql', [0, 0, 0]],
  ])('%s', (text, flavour, numbers) => {
    expect(serverVersion(text)).toEqual({ text, flavour, numbers });
  });

  it('the greeting takes the oldest one, MySQL before MariaDB', () => {
    const seen = new SeenServers();
    expect(seen.model).toBeUndefined();
    const note = (name: string, text: string): void => seen.note(name, { serverVersion: text, flags: 0, extended: 0, collation: 8 } as Greeting);
    note('a', '11.4.2-MariaDB');
    note('b', '5.5.5-10.11.6-MariaDB');
    expect(seen.model?.version.text).toBe('5.5.5-10.11.6-MariaDB');
    note('c', '9.1.0');
    note('d', '8.0.36');
    expect(seen.model?.version.text).toBe('8.0.36');
    note('d', '9.2.0');
    expect(seen.model?.version.text).toBe('9.1.0');
  });
});
