/** Logging in at real servers, by every plugin they have, with and without TLS. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DatabaseConfig } from '../../src/config/config.ts';
import { cancelUpstream } from '../../src/mysql/cancel.ts';
import { catalogSource } from '../../src/mysql/catalog-source.ts';
import { SeenServers } from '../../src/mysql/flavour.ts';
import { grammarQuestion } from '../../src/mysql/grammar.ts';
import { type Capabilities, Capability, MariaDbCapability } from '../../src/mysql/packets/capabilities.ts';
import { decodeErr } from '../../src/mysql/packets/err.ts';
import { HEADER_BYTES } from '../../src/mysql/packets/frame.ts';
import { textQuery } from '../../src/mysql/text-query.ts';
import { openUpstream, ownWishes, type UpstreamOptions, withLogin } from '../../src/mysql/upstream.ts';
import { type Certificate, makeCertificate } from '../support/certificates.ts';
import { startMysql, type TestMysql } from '../support/mysql.ts';
import { testedFlavours } from '../support/mysql-binaries.ts';
import type { MysqlAuth } from '../support/mysql-query.ts';

const PASSWORD = 'upstream sécret';
const PLUGINS: Readonly<Record<string, readonly MysqlAuth[]>> = { mariadb: ['mysql_native_password', 'ed25519'], mysql: ['caching_sha2_password', 'sha256_password'] };

describe.each(testedFlavours())('%s', (flavour) => {
  let server: TestMysql;
  let certificate: Certificate;
  beforeAll(async () => {
    certificate = await makeCertificate();
    const users = (PLUGINS[flavour] ?? []).map((auth) => ({ name: `by_${auth}`, password: PASSWORD, auth }));
    server = await startMysql({ flavour, tls: certificate, settings: { performance_schema: true }, users: [...users, { name: 'app', password: PASSWORD }, { name: 'tls_only', password: PASSWORD, requireTls: true }] });
    await server.query('CREATE DATABASE shop; CREATE USER nopass@\'%\'; GRANT ALL ON *.* TO nopass@\'%\'');
  }, 120_000);
  afterAll(() => server?.stop());

  const database = (user: string, mode: DatabaseConfig['tls']['mode'] = 'disable', host = server.host): DatabaseConfig =>
    ({ name: 'shop', protocol: 'mysql', upstream: { host, port: server.port, user, database: 'shop' }, tls: { mode } });
  const options = (user: string, more: Partial<UpstreamOptions> & { mode?: DatabaseConfig['tls']['mode'] } = {}): UpstreamOptions =>
    ({ database: database(user, more.mode), password: PASSWORD, ca: certificate.ca, signal: AbortSignal.timeout(20_000), wishes: ownWishes('test'), ...more });
  const ask = (given: UpstreamOptions, sql: string) => withLogin(given, 65_536, async ({ exchange, capabilities }) => {
    const rows = await textQuery(exchange, capabilities, sql);
    exchange.handshake.socket.destroy();
    return rows;
  });

  for (const plugin of PLUGINS[flavour] ?? []) {
    it.each(['disable', 'require', 'verify-full'] as const)(`by ${plugin}, tls %s`, async (mode) => {
      // Twice: the second login of caching_sha2_password takes the fast path.
      await server.query('FLUSH PRIVILEGES');
      for (const round of [1, 2]) expect(await ask(options(`by_${plugin}`, { mode }), `SELECT CURRENT_USER() AS u, ${round} AS n`)).toEqual([{ u: `by_${plugin}@%`, n: String(round) }]);
    });

    it(`by ${plugin}, with a wrong password, says so and doesn't tell it`, async () => {
      const attempt = ask(options(`by_${plugin}`, { password: 'wrong secret' }), 'SELECT 1');
      await expect(attempt).rejects.toMatchObject({ code: 'refused', message: expect.stringContaining('Access denied') as string });
      await expect(attempt).rejects.toMatchObject({ message: expect.not.stringContaining('wrong secret') as string });
    });
  }

  it('without a password', async () => {
    expect(await ask(options('nopass', { password: undefined }), 'SELECT 1 AS one')).toEqual([{ one: '1' }]);
    await expect(ask(options('app', { password: undefined }), 'SELECT 1')).rejects.toThrow();
  });

  it('as a user who must use TLS', async () => {
    expect(await ask(options('tls_only', { mode: 'verify-full' }), 'SELECT 1 AS one')).toEqual([{ one: '1' }]);
    await expect(ask(options('tls_only'), 'SELECT 1')).rejects.toMatchObject({ code: 'refused' });
  });

  it('a certificate nobody trusts is refused by verify-full', async () => {
    await expect(ask(options('app', { mode: 'verify-full', ca: undefined }), 'SELECT 1')).rejects.toMatchObject({ code: 'unreachable' });
  });

  it('a database that doesn\'t exist is refused', async () => {
    const wrong = { ...database('app'), upstream: { ...database('app').upstream, database: 'nowhere' } };
    await expect(openUpstream(options('app', { database: wrong }))).rejects.toMatchObject({ code: 'refused', message: expect.stringContaining('nowhere') as string });
  });

  it('begins a session whose state is known', async () => {
    const upstream = await openUpstream(options('app'));
    upstream.wire.destroy();
    expect(Object.fromEntries(upstream.settings)).toMatchObject({ database: 'shop', character_set_client: 'utf8mb4', autocommit: 'ON', sql_mode: expect.stringContaining('STRICT_TRANS_TABLES') as string });
    expect(upstream.settings.get('version')).toContain(server.version);
    expect(upstream.connectionId).toBe(upstream.greeting.connectionId);
    expect(upstream.rest).toHaveLength(0);
  });

  it('agrees to what the agent agreed to, and nothing more', async () => {
    const none: Capabilities = { flags: 0, extended: 0 };
    const all: Capabilities = { flags: 0xffff_ffff, extended: flavour === 'mariadb' ? MariaDbCapability.ExtendedTypeInfo | MariaDbCapability.StmtBulkOperations : 0 };
    for (const wanted of [none, all]) {
      const { capabilities } = await openUpstream(options('app', { wishes: { ...ownWishes('test'), ...wanted } })).then((upstream) => (upstream.wire.destroy(), upstream));
      for (const never of [Capability.Compress, Capability.ZstdCompression, Capability.QueryAttributes, Capability.OptionalResultsetMetadata, Capability.NoSchema]) expect(capabilities.flags & never).toBe(0);
      for (const alike of [Capability.DeprecateEof, Capability.MultiStatements, Capability.MultiResults, Capability.FoundRows]) expect(capabilities.flags & alike).toBe(wanted.flags & alike);
      expect(capabilities.extended).toBe(wanted.extended);
    }
  });

  it('passes on what the agent says of itself', async () => {
    const attributes = new Map([['program_name', 'report'], ['ünï', 'ö'.repeat(60)]]);
    const rows = await ask(options('app', { wishes: { ...ownWishes('x'), attributes } }), 'SELECT attr_name AS name, attr_value AS value FROM performance_schema.session_connect_attrs WHERE processlist_id = CONNECTION_ID()');
    expect(new Map(rows.map(({ name, value }) => [name, value]))).toEqual(attributes);
  });

  it('stops what runs on a connection', async () => {
    const given = options('app');
    const sleeping = withLogin(given, 65_536, async ({ exchange, capabilities, greeting }) => {
      const slept = textQuery(exchange, capabilities, 'SELECT SLEEP(60) AS slept').then((rows) => `slept ${rows[0]?.['slept'] ?? ''}`, (error: Error) => error.message);
      for (let tries = 0; tries < 100; tries++) {
        const [row] = await server.query<{ n: number }>(`SELECT COUNT(*) AS n FROM information_schema.processlist WHERE id = ${greeting.connectionId} AND info LIKE 'SELECT SLEEP%'`);
        if (Number(row?.n) === 1) break;
      }
      await cancelUpstream(given, greeting.connectionId);
      await cancelUpstream(given, 2 ** 31 - 5); // nobody: no error
      return slept;
    });
    // MySQL lets SLEEP answer 1 (reference manual, "SLEEP"), MariaDB ends the statement.
    expect(await sleeping).toMatch(/^slept 1$|interrupted/);
  });

  it('asks whether a text is SQL, and passes on the server\'s words', async () => {
    const question = grammarQuestion({ database: database('app'), password: () => Promise.resolve(PASSWORD), authorities: () => Promise.resolve(undefined) }, 20_000);
    const said = await question('SELEC 1');
    expect(said?.message).toMatch(/You have an error in your SQL syntax/);
    expect(decodeErr((said?.bytes ?? Buffer.alloc(0)).subarray(HEADER_BYTES))).toMatchObject({ errno: 1064, sqlstate: '42000' });
    for (const text of ['SELECT 1', 'SELECT * FROM nowhere', 'DROP TABLE nowhere', 'SELECT 1; SELEC 2', 'SHUTDOWN']) expect(await question(text)).toBeUndefined();
    expect(await server.query('SELECT 1 AS one')).toHaveLength(1);
  });

  it('reads a catalog, and notes what answers', async () => {
    const seen = new SeenServers();
    const source = catalogSource({
      database: database('app', 'verify-full'), password: () => Promise.resolve(PASSWORD), authorities: () => Promise.resolve(certificate.ca), seen,
      load: (query) => query('SELECT table_name AS name, NULL AS nothing FROM information_schema.tables WHERE table_schema = \'information_schema\''),
    });
    const rows = await source.load();
    expect(rows.length).toBeGreaterThan(20);
    expect(rows[0]).toMatchObject({ nothing: null });
    expect(seen.model?.version.flavour).toBe(flavour);
  });
});
