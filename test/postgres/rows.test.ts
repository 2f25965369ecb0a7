import { describe, expect, it } from 'vitest';
import { frames } from '../support/wire.ts';
import { replies } from '../support/scripted-replies.ts';
import { CountingMeter } from '../support/counting-meter.ts';
import { conversation } from './scripted.ts';

const CUT = { refusal: { code: 'denied', message: 'enough' }, harmless: true } as const;
const rows = (count: number): Uint8Array[] => Array.from({ length: count }, (_, index) => replies.dataRow([`row ${index}`]));
const chunked = [['in one chunk', (bytes: Buffer) => [bytes]], ['byte by byte', (bytes: Buffer) => [...bytes].map((byte) => Buffer.of(byte))]] as const;

describe.each(chunked)('rows that are counted, %s', (_, cut) => {
  const given = (allowed: number) => {
    const meter = new CountingMeter(allowed);
    const { machine, told, send } = conversation(meter);
    send(frames.query('select a from t'));
    return {
      meter, machine, told,
      reply: (...messages: Uint8Array[]) => {
        for (const chunk of cut(Buffer.concat(messages))) machine.reply(chunk);
      },
      atClient: () => Buffer.concat(machine.toClient.take()),
    };
  };
  const head = replies.rowDescription(['a']);
  const end = Buffer.concat([replies.complete('SELECT 5'), replies.ready('I')]);

  it('come as far as they may, and go on', () => {
    const { meter, machine, told, reply, atClient } = given(2);
    reply(head, ...rows(5), end);
    expect(meter.stops).toBe(1);
    expect(atClient()).toEqual(Buffer.concat([head, ...rows(2)]));
    meter.allowed = 2;
    machine.resumeRows();
    expect(atClient()).toEqual(Buffer.concat(rows(5).slice(2, 4)));
    meter.allowed = 1;
    machine.resumeRows();
    expect(atClient()).toEqual(Buffer.concat([...rows(5).slice(4), end]));
    expect(told.ended).toMatchObject([{ rows: 5, tag: 'SELECT 5' }]);
  });

  it('stop nothing when there are just as many', () => {
    const { meter, reply, atClient } = given(5);
    reply(head, ...rows(5), end);
    expect(meter.stops).toBe(0);
    expect(atClient()).toEqual(Buffer.concat([head, ...rows(5), end]));
  });

  it.each([
    ['the server says that it was interrupted', [replies.error('57014', 'canceling statement'), replies.ready('I')]],
    ['the server is done with them', [replies.complete('SELECT 300'), replies.ready('I')]],
    ['more is done behind', [replies.complete('SELECT 300'), head, ...rows(3), replies.complete('SELECT 3'), replies.ready('I')]],
    ['what is done behind fails', [replies.complete('SELECT 300'), replies.error('42P01', 'no such table'), replies.ready('I')]],
  ])('end in one refusal, and nothing else, when %s', (__, rest) => {
    const { machine, told, reply, atClient } = given(2);
    reply(head, ...rows(300), ...rest);
    atClient();
    machine.cutRows(CUT);
    const bytes = atClient().toString('latin1');
    expect(bytes).toMatch(/^E[^]*enough[^]*I$/);
    expect(bytes.match(/SERROR/g)).toHaveLength(1);
    expect(bytes).not.toContain('row ');
    expect(told.ended).toMatchObject([{ rows: 2, error: { code: '42501', message: 'enough' } }]);
    expect(machine.quiet).toBe(true);
  });

  it('end with the connection where the server has done more than the client could be told', () => {
    const { machine, reply } = given(2);
    reply(head, ...rows(5), end);
    expect(() => machine.cutRows({ ...CUT, harmless: false })).toThrow('enough; it had run by then');
  });

  it('a server that ends the session meanwhile is heard', () => {
    const { machine, reply, atClient } = given(2);
    reply(head, ...rows(5), replies.error('57P01', 'shutting down', 'FATAL'));
    atClient();
    machine.cutRows(CUT);
    expect(atClient().toString('latin1')).toContain('shutting down');
  });
});
