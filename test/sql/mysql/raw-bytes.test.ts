/** Texts with bytes that aren't UTF-8: no two are alike, and where the server sees a string end, so does the lexer. */

import { createConnection, type Connection } from 'mysql2/promise';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LexError, Lexer } from '../../../src/sql/mysql/lexer.ts';
import { decodeWithRaw, encodeWithRaw, isRaw, sentBytes } from '../../../src/sql/mysql/raw-bytes.ts';
import { Readings } from '../../../src/sql/mysql/reading.ts';
import type { Token } from '../../../src/sql/mysql/tokens.ts';
import { createUnderstanding } from '../../../src/sql/mysql/understanding.ts';
import { startMysql, type TestMysql } from '../../support/mysql.ts';
import { testedFlavours } from '../../support/mysql-binaries.ts';

const encoded = (text: string): Buffer => Buffer.concat(Array.from(text, (character) => {
  const code = character.charCodeAt(0);
  return isRaw(code) ? Buffer.of(code & 0xff) : Buffer.from(character);
}));

/** Bytes as they come, and such as begin or go on with characters, that of raw bytes themselves among them. */
const bytes = fc.array(fc.oneof(
  fc.integer({ min: 0, max: 255 }).map((byte) => [byte]),
  fc.constantFrom([0xee, 0xbe, 0x80], [0xee, 0xbf, 0xbf], [0xee, 0xbd, 0xbf], [0xef, 0x80, 0x80], [0xed, 0xa0, 0x80], [0xc0, 0xa7], [0xe0, 0x80, 0xa7], [0xf4, 0x90, 0x80, 0x80], [0xf0, 0x9f, 0x98], [0xe2, 0x82], [0xc3], [0], [0xee, 0xbc, 0x80]),
  fc.string({ unit: 'binary' }).map((text) => [...Buffer.from(text)]),
), { maxLength: 40 }).map((parts) => Buffer.from(parts.flat()));

describe('a text with other bytes than UTF-8', () => {
  it('is well-formed, and says exactly which bytes were sent', () => {
    fc.assert(fc.property(bytes, (sent) => {
      const text = decodeWithRaw(sent);
      expect(text.isWellFormed()).toBe(true);
      expect(encoded(text).equals(sent)).toBe(true);
      expect(encodeWithRaw(text).equals(sent)).toBe(true);
      expect(sentBytes(text)).toBe(sent.length);
      expect(Array.from(text).some((character) => isRaw(character.charCodeAt(0)))).toBe(sent.toString('utf8') !== text);
    }), { numRuns: 3000 });
  });

  it('shows the byte in the code point', () => {
    expect(decodeWithRaw(Buffer.from('\x89PNG é', 'latin1'))).toBe('\uef89PNG \uefe9');
    expect(decodeWithRaw(Buffer.from('é€😀'))).toBe('é€😀');
    expect(decodeWithRaw(Buffer.from('\0a'))).toBe('\uef00a');
    expect(decodeWithRaw(Buffer.from('\uef89'))).toBe('\uefee\uefbe\uef89');
  });

  const judged = async (text: string, sqlMode = '') => {
    const understanding = await createUnderstanding({ catalogSource: { load: () => Promise.resolve({ serverVersion: 90704, mysql: { flavour: 'mysql', lowerCaseTableNames: 0, sqlMode: '' }, relations: [], functions: [], builtins: [], operators: [], types: [], extensions: [] }) }, database: 'shop' });
    return understanding.facts(text, understanding.reading({ sqlMode, database: 'shop' }));
  };

  it.each([
    'INSERT INTO t VALUES (_binary\'\uef89PNG\\0\uefff\')', 'SELECT "\uef80"', 'UPDATE t SET b = \'\uef80\\\uef80\' WHERE id = 1', 'SELECT N\'\uefbf\'',
  ])('is understood when they stand in strings: %j', async (text) => {
    expect((await judged(text)).doubt).toBeUndefined();
  });

  it.each([
    'SELECT 1 /* \uef00 */', 'SELECT 1\uef00', 'SELECT 1; \uef00 DROP TABLE t', 'SELECT `\uef00`', 'SELECT \uef80', 'SELECT a\uef80 FROM t', 'SELECT `\uef80`', 'SELECT t.\uef80', 'SELECT 1 /* \uef80 */', 'SELECT 1 -- \uef80', 'SELECT 1 # \uef80\n', 'SELECT /*+ \uef80 */ 1', 'SELECT /*!99999 \uef80 */ 1',
    'SELECT /*! \uef80 */ 1', 'SELECT @\uef80', 'SELECT @\'\uef80\'', 'SELECT @`\uef80`', 'SELECT 1\uef80', '\uef80', 'SELECT 1;\uef80',
  ])('is doubted when they stand elsewhere, and nobody else is asked about it: %j', async (text) => {
    const facts = await judged(text);
    expect(facts.doubt).toBeDefined();
    expect(facts.ungrammatical).toBeUndefined();
  });

  it('is doubted when quotes make names of them', async () => {
    expect((await judged('SELECT "\uef80"', 'ANSI_QUOTES')).doubt).toBeDefined();
  });

  it('prepares nothing that anybody has read', async () => {
    expect((await judged('PREPARE p FROM \'SELECT "\uef80"\'')).effects.map(({ effect }) => effect)).toContain('dynamic');
    expect((await judged('EXECUTE IMMEDIATE \'SELECT "\uef80"\'')).effects.map(({ effect }) => effect)).toContain('dynamic');
  });

  it('counts by what was sent', async () => {
    expect((await judged(`SELECT '${'\uef80'.repeat((1 << 20) - 9)}'`)).doubt).toBeUndefined();
    expect((await judged(`SELECT '${'\uef80'.repeat((1 << 20) - 8)}'`)).doubt).toContain('limit');
  });
});

/** The values of `SELECT _binary'…' alias, …`, each undefined where another character set is told; all undefined when it is anything else. */
function values(tokens: readonly Token[]): (Buffer | undefined)[] | undefined {
  const found: (Buffer | undefined)[] = [];
  for (let at = 1; ; at++) {
    const introducer = tokens[at]?.kind === 'word' ? tokens[at++]?.text : '_BINARY';
    if (tokens[at]?.kind !== 'string') return undefined;
    let value = Buffer.alloc(0);
    for (; tokens[at]?.kind === 'string'; at++) value = Buffer.concat([value, encoded(tokens[at]?.text ?? '')]);
    found.push(introducer === '_BINARY' ? value : undefined);
    if (tokens[at]?.kind === 'word') at++;
    if (at === tokens.length) return found;
    if (tokens[at]?.text !== ',') return undefined;
  }
}

describe.each(testedFlavours())('before %s', (flavour) => {
  let server: TestMysql;
  let connection: Connection;
  const readings = new Readings();

  beforeAll(async () => {
    server = await startMysql({ flavour });
    connection = await createConnection({ uri: server.url });
  }, 120_000);
  afterAll(async () => {
    await connection?.end();
    await server?.stop();
  });

  const begin = async (charset: string, sqlMode: string): Promise<void> => {
    await connection.query(`SET NAMES ${charset}, sql_mode = '${sqlMode}'`);
    // The driver follows the session; by latin1 it sends each character as the byte it is.
    Object.assign(connection.config, { charsetNumber: 8 });
  };

  const lexed = (sent: Buffer, charset: string, sqlMode: string): (Buffer | undefined)[] | undefined => {
    const lexer = new Lexer(decodeWithRaw(sent), { flavour, version: flavour === 'mysql' ? 90704 : 101119 }, readings.reading({ sqlMode, charset }));
    const tokens: Token[] = [];
    try {
      for (let token = lexer.next(); token !== undefined; token = lexer.next()) tokens.push(token);
    } catch (error) {
      if (!(error instanceof LexError)) throw error;
      return undefined;
    }
    return values(tokens);
  };

  /** Where the lexer and the server differ; empty when they agree, or the server says neither. A doubt of the lexer's agrees with everything. */
  const differs = async (sent: Buffer, charset: string, sqlMode: string): Promise<string[]> => {
    const ours = lexed(sent, charset, sqlMode);
    const told = (theirs: string): string[] => [`[${charset} ${sqlMode}] ${sent.toString('hex')}: ${theirs} but ${JSON.stringify(ours)}`];
    try {
      const [rows] = await connection.query({ sql: sent.toString('latin1'), rowsAsArray: true, typeCast: false });
      const row = (rows as unknown as Buffer[][])[0] ?? [];
      tally.ran++;
      if (ours === undefined) tally.doubted++;
      const same = ours === undefined || (ours.length === row.length && row.every((value, index) => ours[index]?.equals(value) ?? true));
      return same ? [] : told(row.map((value) => value.toString('hex')).join());
    } catch (error) {
      const { errno } = error as { errno?: number };
      if (errno === 1064) return ours === undefined ? [] : told('a syntax error');
      // A string that isn't in its character set, or a name that there isn't: it was read to its end, or not at all.
      return errno !== undefined && [1054, 1300, 3854].includes(errno) ? [] : told(String(error));
    }
  };
  const tally = { ran: 0, doubted: 0 };

  it.each(['utf8mb4', 'utf8mb3', 'ascii', 'binary'])('strings in %s end where they end for the server, whatever bytes stand before the quote', async (charset) => {
    const wrong: string[] = [];
    const leads = ['\0', ...Array.from({ length: 128 }, (_, index) => String.fromCharCode(128 + index))];
    for (const sqlMode of ['', 'NO_BACKSLASH_ESCAPES']) {
      await begin(charset, sqlMode);
      for (const lead of leads) {
        for (const quote of ['\'', '"']) {
          for (const body of [lead, `${lead}\\`, `${lead}\\${quote}`, `${lead}${quote}${quote}`, `\\${lead}`, `\\${lead}${quote}`, `${lead}\x80`, `${lead}\xa0\x80`, `${lead}\x90\x80`, `${lead}${quote}, _binary${quote}x`]) {
            wrong.push(...await differs(Buffer.from(`SELECT _binary${quote}${body}${quote}`, 'latin1'), charset, sqlMode));
          }
        }
      }
    }
    expect(wrong.slice(0, 20).join('\n')).toBe('');
    expect(tally.ran).toBeGreaterThan(2000);
    expect(tally.doubted).toBe(0);
  }, 120_000);

  it('the same for bytes by chance', async () => {
    await begin('utf8mb4', '');
    const alphabet = ['\0', '\'', '\'', '\\', '"', 'a', ',', ' ', '\xc3', '\xa9', '\xe2', '\x82', '\xac', '\xf0', '\x9f', '\x98', '\x80', '\xff', '\xbf', '\xee', '\xbe', '_gbk\'', '_binary\''];
    const wrong: string[] = [];
    await fc.assert(fc.asyncProperty(fc.array(fc.constantFrom(...alphabet), { maxLength: 14 }), async (parts) => {
      wrong.push(...await differs(Buffer.from(`SELECT _binary'${parts.join('')}'`, 'latin1'), 'utf8mb4', ''));
    }), { numRuns: 3000, seed: 20_261_125 });
    expect(wrong.slice(0, 20).join('\n')).toBe('');
  }, 120_000);
});
