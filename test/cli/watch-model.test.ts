import { beforeEach, describe, expect, it } from 'vitest';
import { ApprovalRequestView } from '../../src/api/schemas.ts';
import { requestView } from '../../src/api/views.ts';
import { keystrokes } from '../../src/cli/keystrokes.ts';
import { WatchModel } from '../../src/cli/watch-model.ts';
import { requestDouble } from '../api/doubles.ts';

const NOW = Date.UTC(2026, 0, 1, 0, 5);
let size: { columns: number; rows: number };
let model: WatchModel;
beforeEach(() => {
  size = { columns: 100, rows: 24 };
  model = new WatchModel(() => size, () => NOW);
});

const asView = (request: ReturnType<typeof requestDouble>) => ApprovalRequestView.parse(JSON.parse(JSON.stringify(requestView(request))));
const heard = (changes: Parameters<typeof requestDouble>[0] = {}): ApprovalRequestView => {
  const request = asView(requestDouble(changes));
  model.heard(request);
  return request;
};
const screen = () => model.lines().join('\n');
const press = (...keys: string[]) => keys.map((key) => {
  const wish = model.press(key);
  model.lines();
  return wish;
}).at(-1);

describe('the screen of requests watch', () => {
  it('lists requests, marks one and moves', () => {
    const [first, second] = [heard(), heard({ text: 'DROP TABLE x' })];
    expect(model.lines()).toHaveLength(24);
    expect(screen()).toMatch(new RegExp(`^2 waiting\n> ${first.id}`));
    press('down');
    expect(screen()).toContain(`> ${second.id}`);
    press('j', 'j');
    expect(screen()).toContain(`> ${second.id}`);
    press('k', 'up', 'up');
    expect(screen()).toContain(`> ${first.id}`);
    expect(press('q')).toEqual({ kind: 'quit' });
  });

  it('shows what has escalated', () => {
    const escalated = heard({ escalation: { approvers: ['managers'], at: NOW }, escalatedAt: NOW });
    expect(screen()).toMatch(new RegExp(`1 waiting\n> ${escalated.id}  escalated `));
    press('enter');
    expect(screen()).toMatch(/Approvers {4}1 of dba\n {13}since 2026-01-01T00:05:00.000Z also of managers/);
  });

  it('approves what was shown whole, after a question', () => {
    const request = heard();
    press('a');
    expect(screen()).toContain('| DELETE FROM orders');
    press('a');
    expect(screen()).toContain('Approve exactly this?');
    expect(press('n')).toBeUndefined();
    expect(press('a', 'y')).toEqual({ kind: 'decide', request, decision: 'approve' });
  });

  it('does not approve what was not scrolled through', () => {
    const request = heard({ text: Array.from({ length: 60 }, (_, n) => `-- ${n}`).join('\n') });
    press('enter', 'a');
    expect(screen()).toContain('Scroll to the end first');
    expect(press('y')).toBeUndefined();
    press(' ', ' ', ' ', ' ', 'a');
    expect(press('y')).toEqual({ kind: 'decide', request, decision: 'approve' });
  });

  it('shows every line of a text on the way to its end', () => {
    const text = Array.from({ length: 90 }, (_, n) => `line-${n}-`).join('\n');
    heard({ text });
    const shown = new Set<string>();
    const note = () => { for (const line of model.lines()) shown.add(/line-\d+-/.exec(line)?.[0] ?? ''); };
    model.press('enter');
    for (let n = 0; n < 12; n += 1) {
      note();
      model.press(' ');
    }
    for (let n = 0; n < 90; n += 1) expect(shown).toContain(`line-${n}-`);
  });

  it('asks again to read when the request is another, or the screen has another width', () => {
    const request = heard();
    press('enter', 'a');
    model.heard({ ...request, text: 'DROP TABLE orders', view: 'e'.repeat(64) });
    expect(press('y')).toBeUndefined();
    const long = heard({ text: 'x'.repeat(3_000) });
    press('q', 'j', 'enter', ' ', ' ', ' ');
    size = { columns: 40, rows: 8 };
    press('k');
    press('a');
    expect(screen()).toContain('Scroll to the end first');
    expect(long.state).toBe('pending');
  });

  it('cuts nothing of the text on a narrow screen', () => {
    size = { columns: 12, rows: 400 };
    heard({ text: 'abcdefghijklmnopqrstuvwxyz0123456789' });
    press('enter');
    expect(model.lines().join('').replaceAll(/[|:\s]/g, '')).toContain('abcdefghijklmnopqrstuvwxyz0123456789');
    for (const line of model.lines()) expect(line.length).toBeLessThanOrEqual(12);
  });

  it('asks for a reason before it denies', () => {
    const request = heard();
    press('d', 'enter');
    expect(screen()).toContain('Why?');
    press('n', 'o', 'x', 'backspace', ' ', 'q', 'y');
    expect(press('enter')).toEqual({ kind: 'decide', request, decision: 'deny', reason: 'no qy' });
    press('d', 'x', 'escape');
    expect(screen()).toContain('j/k move');
    press('d');
    expect(press('enter')).toBeUndefined();
  });

  it('has nothing to decide about what has ended', () => {
    const request = heard({ state: 'expired' });
    for (const key of ['d', 'enter', 'a']) press(key);
    expect(screen()).toContain(`${request.id} is expired already.`);
    expect(press('y')).toBeUndefined();
  });

  it('remembers few of those that ended, and all that wait', () => {
    for (let n = 0; n < 50; n += 1) heard({ state: n % 2 === 0 ? 'denied' : 'pending' });
    size = { columns: 100, rows: 200 };
    expect(screen()).toMatch(/^25 waiting/);
    expect(screen().match(/req_/g)?.length).toBeLessThanOrEqual(25 + 21);
  });

  it('shows nothing an agent wrote that could move the cursor', () => {
    heard({ text: '\u001b[2Jevil\u202e\r\n\u0007', rule: '\u001b[1m' });
    press('enter');
    expect(screen()).toContain('⟦U+001B⟧[2Jevil');
    expect(screen().replaceAll('\n', '')).not.toMatch(/\p{C}/u);
  });
});

describe('keystrokes', () => {
  it('are named, also when several come at once', () => {
    expect(keystrokes('\u001b[A\u001b[Bj\u001bOA\r\u007f\u001b')).toEqual(['up', 'down', 'j', 'up', 'enter', 'backspace', 'escape']);
    expect(keystrokes('né😀 \u0003\u001b[15~\u0000')).toEqual(['n', 'é', '😀', ' ', 'quit']);
  });
});
