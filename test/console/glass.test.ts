/** Escalation and breaking the glass in the console, over a real desk. */

import { expect, it } from 'vitest';
import { createApprovals } from '../../src/approval/approvals.ts';
import { createDesk } from '../../src/approval/desk-service.ts';
import { createMemoryStore } from '../../src/approval/memory-store.ts';
import { view } from '../../src/approval/view.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { draft, newKeys, recorder } from '../approval/support.ts';
import { TOKENS } from '../api/parts.ts';
import { everybody, testConsole } from './parts.ts';

async function withDesk(changes: Parameters<typeof draft>[1]) {
  const clock = new FakeClock();
  const store = createMemoryStore({ clock });
  const keys = newKeys();
  const approvals = createApprovals({ store, keys, clock, log: recorder().log });
  const desk = createDesk({ store, keys, people: everybody(clock), clock, log: recorder().log });
  const console = testConsole({ desk, clock });
  const request = await approvals.open(draft(clock.now(), { approvers: ['oncall'], ...changes }));
  const { cookie, csrf } = await console.enter(TOKENS.sam);
  const path = `/console/requests/${request.id}`;
  return {
    clock, desk, request,
    queue: async () => (await console.get('/console', cookie)).text(),
    events: async () => console.get('/console/events', cookie),
    page: async () => (await console.get(path, cookie)).text(),
    send: (fields: Record<string, string>) => console.post(`${path}/decision`, { csrf, seen: view(request), decision: 'approve', ...fields }, { cookie }),
  };
}

it('who may break the glass is offered to, and must say why', async () => {
  const { desk, request, page, send } = await withDesk({ quorum: 2, breakGlass: ['dba'] });
  expect(await page()).toMatch(/none of the groups[^]*<summary>In an emergency: break the glass/);
  expect((await send({ reason: 'no glass' })).status).toBe(409);
  expect(await (await send({ reason: ' ', glass: 'break' })).text()).toContain('Breaking the glass needs a reason');
  expect((await send({ reason: 'the shop is down', glass: 'break' })).status).toBe(303);
  expect(await desk.get(request.id)).toMatchObject({ state: 'approved', decisions: [{ person: 'sam@example.com', channel: 'console', breakGlass: true, reason: 'the shop is down' }] });
  expect(await page()).toContain('<strong>The glass was broken.</strong>');
});

it('who may not isn\'t, and those whom it escalates to are when their time has come', async () => {
  const { clock, desk, request, page, send } = await withDesk({ breakGlass: ['oncall'], escalation: { approvers: ['dba'], at: Date.UTC(2026, 0, 1, 12, 0, 30) }, estimatedRows: 77 });
  const before = await page();
  expect(before).not.toContain('break the glass');
  expect(before).toContain('from 2026-01-01 12:00:30 UTC on also of dba');
  expect(before).toContain('about 77');
  await clock.advanceAsync(30_000);
  expect(await page()).toContain('id="approve"');
  expect((await send({ reason: '' })).status).toBe(303);
  expect(await desk.get(request.id)).toMatchObject({ state: 'approved' });
});

it('where it has escalated, the page and the queue say so, and whoever has them open is told', async () => {
  const { clock, request, page, queue, events } = await withDesk({ escalation: { approvers: ['dba'], at: Date.UTC(2026, 0, 1, 12, 0, 30) } });
  const stream = (await events()).body?.pipeThrough(new TextDecoderStream()).getReader();
  expect(await queue()).not.toContain('escalated');
  await clock.advanceAsync(31_000);
  let told = '';
  while (!told.includes('event: change')) told += (await stream?.read())?.value ?? '';
  expect(told).toContain(`data: ${JSON.stringify({ id: request.id, state: 'pending', escalated: true })}`);
  await stream?.cancel();
  expect(await queue()).toContain('escalated to dba');
  expect(await page()).toMatch(/<section id="state"[^]*Still undecided, so those in dba may decide now, too\.[^]*<\/section>/);
  expect(await page()).toContain('since 2026-01-01 12:00:30 UTC also of dba');
});
