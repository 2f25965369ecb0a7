import { describe, expect, it } from 'vitest';
import { APPROVE, DENY, canBeApprovedHere, cardOf } from '../../../src/channels/teams/card.ts';
import { requestDouble } from '../../api/doubles.ts';

interface Run { readonly text: string; readonly fontType?: string }
const runs = (request: Parameters<typeof cardOf>[0]) => cardOf(request).body.flatMap((block) => (block['inlines'] as Run[] | undefined) ?? []);
const code = (request: Parameters<typeof cardOf>[0]) => runs(request).filter(({ fontType }) => fontType === 'Monospace').map(({ text }) => text).join('\n');
const verbs = (request: Parameters<typeof cardOf>[0]) => {
  const text = JSON.stringify(cardOf(request).actions);
  return [APPROVE, DENY].filter((verb) => text.includes(verb));
};

describe('a card', () => {
  it('shows what Slack shows beside the statement', () => {
    const text = runs(requestDouble({ estimatedRows: 12, context: { purpose: 'month end', model: 'm-1', run_id: '42' } })).map((run) => run.text).join('\n');
    for (const part of ['reporter, owned by dana@example.com', 'shop (postgres)', 'deletes rows of public.orders', 'about 12', 'writes', 'month end', 'm-1', '42']) expect(text).toContain(part);
  });

  it('shows the whole statement, hidden characters spelled out, markdown in runs that know none', () => {
    const text = 'DELETE FROM orders -- **x** [a](https://e.example)\n  WHERE a = \'x  y\' \u202e\tand b';
    expect(code(requestDouble({ text }))).toBe('DELETE FROM orders -- **x** [a](https://e.example)\n\u00a0\u00a0WHERE a = \'x \u00a0y\' ⟦U+202E⟧⟦U+0009⟧and b');
    const other = cardOf(requestDouble({ text })).body.filter((block) => block['type'] !== 'RichTextBlock');
    expect(other).toHaveLength(1);
    expect(JSON.stringify(other)).toContain('Expires {{DATE(');
  });

  it('shows the parameters, which are part of what runs', () => {
    expect(code(requestDouble({ parameters: ['a\u200bb', null] }))).toContain('$1 = "a\\u200bb"\n$2\u00a0= NULL'.replace('\u00a0', ' '));
  });

  it.each([
    ['too long', `SELECT '${'x'.repeat(30_000)}'`], ['too long once spelled out', `SELECT '${'\u202e'.repeat(3_000)}'`], ['too many lines', 'SELECT\n'.repeat(151)],
    ['with an entity', "SELECT '&lt;'"], ['with a date of Adaptive Cards', "SELECT '{{DATE(2026-01-01T00:00:00Z)}}'"],
  ])('%s has Deny and no Approve, and fits all the same', (_what, text) => {
    const request = requestDouble({ text });
    expect(verbs(request)).toEqual([DENY]);
    expect(canBeApprovedHere(request)).toBe(false);
    expect(JSON.stringify(cardOf(request))).toContain(`countersign requests show ${request.id}`);
    expect(Buffer.byteLength(JSON.stringify(cardOf(request)))).toBeLessThan(28_000);
  });

  it('never grows over what Teams takes, whatever agents say', () => {
    const context = Object.fromEntries(['purpose', 'model', 'run_id', ...Array.from({ length: 50 }, (_, index) => `k${index}`)].map((name) => [name, '\u202e'.repeat(2_000)]));
    for (const text of ['SELECT 1', '\u{1f600}'.repeat(20_000), '\u202e'.repeat(5_000)]) {
      const request = requestDouble({ text, context, tables: Array.from({ length: 500 }, (_, index) => ({ name: `t${index}\u202e`, read: true, written: false, columns: [], known: false })) });
      expect(Buffer.byteLength(JSON.stringify(cardOf(request)))).toBeLessThan(28_000);
    }
  });

  it('leads to the console when there is an address, and has no buttons once decided', () => {
    const request = requestDouble();
    expect(cardOf(request, 'https://c.example.com').actions.at(-1)).toEqual({ type: 'Action.OpenUrl', title: 'Review in console', url: `https://c.example.com/console/requests/${request.id}` });
    expect(verbs(request)).toEqual([APPROVE, DENY]);
    expect(cardOf({ ...request, state: 'expired' }).actions).toEqual([]);
  });
});
