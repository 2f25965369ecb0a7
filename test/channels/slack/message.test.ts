import { describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import { canBeApprovedHere, messageOf } from '../../../src/channels/slack/message.ts';
import { chunks } from '../../../src/channels/slack/statement.ts';
import { REQUEST_STATES } from '../../../src/approval/request.ts';
import { visible } from '../../../src/runtime/visible.ts';
import { requestDouble } from '../../api/doubles.ts';
import { textOf } from './workspace.ts';
import type { SlackMessage } from './workspace.ts';

const asMessage = (request: Parameters<typeof messageOf>[0], options?: Parameters<typeof messageOf>[1]) => messageOf(request, options) as unknown as SlackMessage;
const preformatted = (message: SlackMessage): string => message.blocks.filter(({ type }) => type === 'rich_text').map((block) => textOf({ ...message, blocks: [block] })).join('');
const actions = (message: SlackMessage) => message.blocks.flatMap(({ type, elements }) => (type === 'actions' ? (elements as { action_id: string }[]).map(({ action_id }) => action_id) : []));

describe('the message of a request', () => {
  it('shows all that matters', () => {
    const request = requestDouble({ text: 'UPDATE customers SET name = $1', parameters: ['x\ny', null], transaction: { open: true, ageMs: 4000 }, quorum: 2 });
    const text = textOf(asMessage(request));
    for (const part of ['reporter', 'dana@example.com', 'shop (postgres)', 'deletes rows of public.orders', 'WITHOUT a WHERE', 'public.orders (read and written)', 'writes: writes are held',
      '2 of dba', 'nightly-report', 'open for 4 s', request.text, '$1 = "x\\ny"', '$2 = NULL', request.id, request.digest, '<!date^1767226500^']) expect(text).toContain(part);
    expect(actions(asMessage(request))).toEqual(['countersign_approve', 'countersign_deny', 'countersign_freeze']);
  });

  it('shows what the agent says of itself under its names, marked as hearsay, and the estimate', () => {
    const context = { purpose: 'month end\nof May', model: 'm-1', run_id: 'r-7', 'countersign.reason': 'asked by lee', application_name: 'etl' };
    const [, ...pages] = messageOf(requestDouble({ context, estimatedRows: 1234, transaction: { open: true, ageMs: 1000 }, forms: ['x'] })).blocks;
    const shown = pages.flatMap((block) => (block.type === 'section' && 'fields' in block ? block.fields.map(({ text }) => text) : []));
    expect(shown).toEqual(expect.arrayContaining([
      'Purpose, as the agent says\nmonth end⟦U+000A⟧of May', 'Model, as the agent says\nm-1', 'Run, as the agent says\nr-7',
      'The agent says\ncountersign.reason: asked by lee\napplication_name: etl', 'Rows\nabout 1234, as the database guesses',
    ]));
  });

  it('has a link to the console when there is one, and says so where the text is not whole', () => {
    const request = requestDouble({ text: 'x'.repeat(9_000) });
    const url = 'https://countersign.example.com/db';
    expect(textOf(asMessage(request, { url }))).toContain(`Review in the console, or with: countersign requests show ${request.id}`);
    const links = messageOf(request, { url }).blocks.flatMap((block) => (block.type === 'actions' ? block.elements.flatMap((button) => button.url ?? []) : []));
    expect(links).toEqual([`https://countersign.example.com/db/console/requests/${request.id}`]);
    expect(actions(asMessage(request))).not.toContain('countersign_review');
  });

  it('shows the whole statement or has no Approve button, whatever the statement', () => {
    fc.assert(fc.property(fc.oneof(fc.string({ unit: 'binary', maxLength: 12_000 }), fc.string({ unit: fc.constantFrom('a', '\n', '`', '&', '😀', '\u202e', ';'), maxLength: 12_000 })), (statement) => {
      const message = asMessage(requestDouble({ text: statement }));
      const shown = preformatted(message);
      if (actions(message).includes('countersign_approve')) expect(shown).toBe(visible(statement));
      else expect(textOf(message)).toMatch(/Review with: countersign requests show req_/);
    }), { numRuns: 200 });
  });

  it.each([
    ['too long', 'x'.repeat(8_001)], ['too many lines', '\n'.repeat(150)], ['long once visible', '\u202e'.repeat(1_001)], ['an entity', "DELETE FROM t WHERE a &lt; 5"], ['a numeric entity', 'a &#60; b'],
  ])('has no Approve button for %s, but Deny and what to type', (_why, statement) => {
    const request = requestDouble({ text: statement });
    const message = asMessage(request);
    expect(actions(message)).toEqual(['countersign_deny', 'countersign_freeze']);
    expect(textOf(message)).toContain(`Review with: countersign requests show ${request.id}`);
    expect(canBeApprovedHere(request)).toBe(false);
  });

  it('counts parameters as part of the statement', () => {
    expect(canBeApprovedHere(requestDouble({ text: 'SELECT $1', parameters: ['x'.repeat(8_000)] }))).toBe(false);
    expect(canBeApprovedHere(requestDouble({ text: 'SELECT $1', parameters: Array.from({ length: 200 }, () => '1') }))).toBe(false);
  });

  it('puts nothing an agent wrote where Slack reads markup', () => {
    const evil = '<!channel> <@U1> *b* `x` ``` & <https://evil|ok> :tada:';
    const request = requestDouble({
      text: evil, agent: { name: evil, owner: evil, groups: [] }, database: evil, rule: evil, reason: evil, context: { [evil]: evil }, note: evil, parameters: [evil],
      effects: [{ effect: 'read', objects: [evil], because: evil }], tables: [{ name: evil, read: true, written: false, columns: [], known: false }],
    });
    for (const state of REQUEST_STATES) {
      const message = asMessage({ ...request, state, outcome: { error: evil, tag: evil }, decisions: [{ decision: 'deny', person: evil, channel: evil, reason: evil, at: 0, jws: '' }] });
      const marked: string[] = [];
      JSON.stringify(message.blocks, (_key, value: { type?: unknown; text?: unknown }) => {
        if (value?.type === 'mrkdwn') marked.push(String(value.text));
        return value;
      });
      expect(marked.length).toBeGreaterThan(0);
      for (const one of marked) expect(one).toMatch(/^[A-Za-z]+ <!date\^\d+\^\{date_short_pretty\} \{time_secs\}\|[0-9TZ:.-]+>$/);
      expect(message.text).not.toMatch(/<|>|`|\*/);
    }
  });

  it("keeps within Slack's limits for any request", () => {
    const long = 'n'.repeat(10_000);
    const request = requestDouble({
      text: 'x'.repeat(8_000), agent: { name: long, owner: long, groups: [] }, reason: long, rule: long, approvers: [long], context: { a: long },
      effects: Array.from({ length: 22 }, () => ({ effect: 'read' as const, objects: [long] })), tables: Array.from({ length: 100 }, () => ({ name: long, read: true, written: true, columns: [], known: true })),
    });
    const { blocks } = messageOf(request);
    expect(blocks.length).toBeLessThanOrEqual(50);
    for (const block of blocks) {
      if (block.type === 'section' && 'text' in block) expect(block.text.text.length).toBeLessThanOrEqual(3000);
      if (block.type === 'section' && 'fields' in block) {
        expect(block.fields.length).toBeLessThanOrEqual(10);
        for (const field of block.fields) expect(field.text.length).toBeLessThanOrEqual(2000);
      }
      if (block.type === 'actions') for (const button of block.elements) expect(button.value?.length).toBeLessThanOrEqual(2000);
    }
  });

  it('has no buttons once it is not pending, and says what became of it', () => {
    const request = requestDouble({ decisions: [{ decision: 'approve', person: 'sam@example.com', channel: 'slack', reason: 'as agreed', at: Date.UTC(2026, 0, 1), jws: '' }] });
    const text = (changes: Partial<typeof request>) => textOf(asMessage({ ...request, ...changes }));
    expect(text({ quorum: 2 })).toContain('1 of 2 approvals so far');
    expect(text({ state: 'finished', outcome: { tag: 'DELETE 12', rows: 12, ms: 34.4 } })).toMatch(/Approved by sam@example\.com: as agreed[^]*It ran: DELETE 12, 12 rows, 34 ms\./);
    expect(text({ state: 'failed', outcome: { error: 'deadlock' } })).toContain('It failed: deadlock.');
    expect(text({ state: 'withdrawn', note: 'the client left' })).toContain('Withdrawn: the client left. It did not run.');
    expect(text({ state: 'expired', decisions: [] })).toContain('Expired. It did not run.');
    for (const state of REQUEST_STATES) if (state !== 'pending') expect(actions(asMessage({ ...request, state }))).toEqual([]);
  });

  it('leaves the statement out when asked to be brief, and Approve with it', () => {
    const request = requestDouble();
    expect(actions(asMessage(request, { brief: true }))).toEqual(['countersign_deny', 'countersign_freeze']);
    expect(textOf(asMessage(request, { brief: true }))).not.toContain(request.text);
  });
});

describe('chunks', () => {
  it('put together are the text, none too long, no character split', () => {
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom('a', '\n', '😀', 'é'), maxLength: 9_000 }), (text) => {
      const pieces = chunks(text);
      expect(pieces.join('')).toBe(text);
      for (const piece of pieces) {
        expect(piece.length).toBeLessThanOrEqual(2900);
        expect(piece.isWellFormed()).toBe(true);
      }
    }));
  });
});
