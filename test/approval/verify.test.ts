import { describe, expect, test } from 'vitest';
import type { DecisionClaims } from '../../src/approval/decision.ts';
import { sign } from '../../src/approval/jws.ts';
import { CLOCK_SKEW_MS, verifyDecisions } from '../../src/approval/verify.ts';
import { view } from '../../src/approval/view.ts';
import type { RequestDraft } from '../../src/approval/request.ts';
import { draft, newKeys } from './support.ts';

const keys = newKeys();
const NOW = 1_000_000;

function setting(changes: Partial<RequestDraft> = {}) {
  const own = { id: 'req_aaaaaaaaaaaaaaaa', draft: draft(NOW, changes) };
  const claims: DecisionClaims = {
    request: own.id, digest: own.draft.digest, view: view(own.draft), mode: own.draft.mode, decision: 'approve', person: 'sam@example.com',
    channel: 'api', at: NOW + 1_000, quorum: own.draft.quorum, approvers: own.draft.approvers, expiresAt: own.draft.expiresAt,
  };
  return { own, claims };
}

const signed = async (claims: DecisionClaims) => ({ jws: await sign('countersign-decision+jws', claims, keys) });

/** Each check must hold by itself, though most lies would break several. */
const lies: readonly [string, Partial<DecisionClaims>][] = [
  ['request', { request: 'req_bbbbbbbbbbbbbbbb' }],
  ['digest', { digest: 'f'.repeat(64) }],
  ['view', { view: 'f'.repeat(64) }],
  ['mode', { mode: 'deferred' }],
  ['quorum', { quorum: 2 }],
  ['fewer approvers', { approvers: [] }],
  ['more approvers', { approvers: ['dba', 'interns'] }],
  ['a glass that nobody may break', { breakGlass: true, reason: 'now' }],
  ['owner', { person: 'dana@example.com' }],
  ['later limit', { expiresAt: NOW + 61_000 }],
  ['earlier limit', { expiresAt: NOW + 59_000 }],
  ['future', { at: NOW + 2_000 + CLOCK_SKEW_MS + 1 }],
  ['age', { at: NOW + 2_000 - 60_000 - CLOCK_SKEW_MS - 1 }],
];

describe('a signed decision counts only when every claim is right', () => {
  test('control', async () => {
    const { own, claims } = setting();
    expect(await verifyDecisions(own, [await signed(claims)], keys, NOW + 2_000)).toMatchObject({ approved: true, problems: [] });
  });

  test('the glass is broken by one person with a reason, where the request says that somebody may', async () => {
    const { own, claims } = setting({ quorum: 3, breakGlass: ['oncall'] });
    const broken = { ...claims, breakGlass: true, reason: 'the shop is down' } as const;
    expect(await verifyDecisions(own, [await signed(broken)], keys, NOW + 2_000)).toMatchObject({ approved: true, problems: [], decisions: [{ breakGlass: true }] });
    for (const lie of [{ ...claims, breakGlass: true }, { ...broken, decision: 'deny' }, { ...broken, person: 'dana@example.com' }] as const) {
      expect(await verifyDecisions(own, [await signed(lie)], keys, NOW + 2_000)).toMatchObject({ approved: false, decisions: [] });
    }
    const denied = { ...claims, decision: 'deny', person: 'kim@example.com' } as const;
    expect(await verifyDecisions(own, [await signed(denied), await signed(broken)], keys, NOW + 2_000)).toMatchObject({ approved: false });
  });

  test.each(lies)('%s', async (_name, lie) => {
    const { own, claims } = setting();
    const verification = await verifyDecisions(own, [await signed({ ...claims, ...lie })], keys, NOW + 2_000);
    expect(verification).toMatchObject({ approved: false, decisions: [] });
    expect(verification.problems).toHaveLength(1);
  });

  test('approvers in another order are the same', async () => {
    const { own, claims } = setting({ approvers: ['dba', 'oncall'] });
    expect((await verifyDecisions(own, [await signed({ ...claims, approvers: ['oncall', 'dba'] })], keys, NOW)).approved).toBe(true);
  });
});

test.each([0, -1, Number.NaN])('a quorum of %d is never met', async (quorum) => {
  expect((await verifyDecisions(setting({ quorum }).own, [], keys, NOW)).approved).toBe(false);
});

test('nothing is approved at or after the local limit', async () => {
  const { own, claims } = setting({ mode: 'deferred' });
  const offered = [await signed({ ...claims, expiresAt: NOW + 3_600_000 })];
  expect((await verifyDecisions(own, offered, keys, NOW + 59_999)).approved).toBe(true);
  expect((await verifyDecisions(own, offered, keys, NOW + 60_000)).approved).toBe(false);
});
