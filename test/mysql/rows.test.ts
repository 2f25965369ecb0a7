import { describe, expect, it } from 'vitest';
import { Capability, ServerStatus } from '../../src/mysql/packets/capabilities.ts';
import { packets } from '../../src/mysql/packets/frame.ts';
import type { CutOff } from '../../src/protocol/statement.ts';
import { CountingMeter } from '../support/counting-meter.ts';
import { BASE, commands, lines, payloads, scripted, server } from './scripted.ts';

const CUT: CutOff = { refusal: { code: 'denied', message: 'enough' }, harmless: true };
const bytewise = (bytes: Buffer): Buffer[] => [...bytes].map((byte) => Buffer.of(byte));

describe.each([['with', Capability.DeprecateEof], ['without', 0]] as const)('rows that are counted, %s DEPRECATE_EOF', (_, eof) => {
  const texts = Array.from({ length: 300 }, (_, index) => `row ${index}`);
  const given = (allowed: number, count = 5) => {
    const meter = new CountingMeter(allowed);
    const conversation = scripted({ client: { flags: BASE | eof }, meter });
    conversation.send(commands.query('select a from t'));
    const bytes = server.rows(1, texts.slice(0, count), { deprecateEof: eof !== 0 });
    return { meter, conversation, bytes };
  };
  const heads = eof === 0 ? 3 : 2;

  it('come as far as they may, and go on, in any chunking', () => {
    for (const cut of [(bytes: Buffer) => [bytes], bytewise]) {
      const { meter, conversation, bytes } = given(2);
      for (const chunk of cut(bytes)) conversation.reply(chunk);
      expect(meter.stops).toBe(1);
      expect(conversation.atClient()).toHaveLength(heads + 2);
      expect(conversation.told.ended).toEqual([]);
      meter.allowed = 2;
      conversation.machine.resumeRows();
      conversation.reply();
      expect(conversation.atClient()).toHaveLength(2);
      meter.allowed = 1;
      conversation.machine.resumeRows();
      conversation.reply();
      expect(conversation.atClient()).toHaveLength(2);
      expect(conversation.told.ended[0]?.outcome).toMatchObject({ rows: 5 });
    }
  });

  it('stop nothing when there are just as many', () => {
    for (const cut of [(bytes: Buffer) => [bytes], bytewise]) {
      const { meter, conversation, bytes } = given(5);
      for (const chunk of cut(bytes)) conversation.reply(chunk);
      expect(meter.stops).toBe(0);
      expect(conversation.clientBytes()).toEqual(bytes);
    }
  });

  it('end in the refusal, numbered as the client counts, once the server says that it was interrupted', () => {
    for (const cut of [(bytes: Buffer) => [bytes], bytewise]) {
      const { conversation, bytes } = given(2, 300);
      // What the server had sent when it was told.
      const sent = Buffer.concat([...payloadsOf(bytes).slice(0, heads + 290), server.err((heads + 291) & 0xff, 'interrupted', 1317, '70100')]);
      for (const chunk of cut(sent)) conversation.reply(chunk);
      conversation.machine.cutRows(CUT);
      conversation.reply();
      const client = conversation.clientBytes();
      expect(lines(client)).toHaveLength(heads + 3);
      expect(lines(client).at(-1)).toBe(`${heads + 3} ff ..#42000enough`);
      expect(conversation.told.ended[0]?.outcome).toMatchObject({ rows: 2, error: { code: '42000', message: 'enough' } });
      conversation.send(commands.query('select 1'));
      conversation.reply(server.ok(1));
      expect(conversation.atClient()).toHaveLength(1);
    }
  });

  it('end in the refusal also when the server was done with them, and with all results behind', () => {
    const { conversation } = given(2);
    const rows = (status: number, sequence: number): Buffer => server.rows(sequence, texts.slice(0, 5), { deprecateEof: eof !== 0, status });
    const first = rows(ServerStatus.Autocommit | ServerStatus.MoreResultsExist, 1);
    conversation.reply(first, rows(ServerStatus.Autocommit, 1 + payloads(first).length));
    conversation.machine.cutRows(CUT);
    conversation.reply();
    expect(conversation.atClient().at(-1)).toBe(`${heads + 3} ff ..#42000enough`);
    expect(conversation.told.ended).toHaveLength(1);
    expect(conversation.machine.quiet).toBe(true);
  });

  it('end the connection where the server has done more than the client could be told', () => {
    const { conversation, bytes } = given(2);
    conversation.reply(bytes);
    expect(() => conversation.machine.cutRows({ ...CUT, harmless: false })).toThrow('enough; it had run by then');
  });

  it('of 16 MiB wait as a whole', () => {
    const { meter, conversation } = given(1);
    const large = server.row(0, 'x'.repeat(17_000_000)).subarray(4);
    const row = (sequence: number): Buffer => packets(sequence, Buffer.concat([large.subarray(0, 0xff_ffff), large.subarray(0xff_ffff, 0xff_ffff + 4), large.subarray(0xff_ffff + 4 + 4)]));
    const head = payloadsOf(server.rows(1, [], { deprecateEof: eof !== 0 })).slice(0, heads);
    const [first, second] = [row(heads + 1), row(heads + 3)];
    conversation.reply(...head, first);
    conversation.reply(second.subarray(0, 100));
    expect(meter.stops).toBe(1);
    expect(conversation.clientBytes()).toHaveLength(Buffer.concat([...head, first]).length);
    meter.allowed = 1;
    conversation.machine.resumeRows();
    conversation.reply(second.subarray(100));
    expect(conversation.clientBytes().equals(second)).toBe(true);
  });
});

/** Whole packets, with their headers. */
function payloadsOf(bytes: Buffer): Buffer[] {
  let at = 0;
  return payloads(bytes).map((payload) => bytes.subarray(at, (at += payload.length + 4)));
}
