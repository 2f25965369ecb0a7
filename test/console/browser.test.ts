import pg from 'pg';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { missing } from '../drivers/suite.ts';
import { startWorld, type World } from '../scenarios/world.ts';
import { ESCALATING_POLICY, TOKENS } from '../support/proxy.ts';
import { chromiumHere, launch, picture, visit } from './browser.ts';

const POLICY = ESCALATING_POLICY.replaceAll('within: 30s', 'within: 5m').replace('[export, create,', '[export,')
  .concat('  - { name: short, effects: [create], then: hold, approvers: [dba], within: 3s }\n');
const here = chromiumHere();

describe('the console in Chromium', () => {
  if ('missing' in here) return missing(here.missing);
  let world: World;
  let browser: Browser;
  const clients: pg.Client[] = [];
  beforeAll(async () => {
    world = await startWorld({ policy: POLICY, schema: 'create table orders (id int primary key, note text); insert into orders values (1, \'a\'), (2, \'b\')' });
    browser = await launch(here.path);
  });
  afterAll(async () => {
    await browser?.close();
    for (const client of clients) await client.end().catch(() => {});
    await world?.stop();
  });

  /** Sends a statement that will be held; resolves with the request's id and the statement's end. */
  async function held(text: string): Promise<{ id: string; end: Promise<string>; client: pg.Client }> {
    const client = new pg.Client(world.proxy.url());
    client.on('error', () => {});
    clients.push(client);
    await client.connect();
    const end = client.query(text).then(({ rowCount }) => `${rowCount} rows`, (error: Error) => error.message);
    const { id } = await world.proxy.pending(text);
    return { id, end, client };
  }
  const console = (path = ''): string => `${world.proxy.api}/console${path}`;

  it('shows what waits, live, and approves and denies by keyboard', async () => {
    const first = await held('delete from orders');
    const { page, complaints } = await visit(browser, console(), TOKENS.sam);
    await page.getByText('1 waiting').waitFor();
    expect(await page.locator('.requests > li.grave').innerText()).toContain('every row');
    const loaded = await page.evaluate('performance.timeOrigin');
    const second = await held('truncate orders');
    await page.getByText('2 waiting').waitFor();
    expect(await page.evaluate('performance.timeOrigin')).toBe(loaded);
    await picture(page, 'queue-light');
    await page.keyboard.press('?');
    expect(await page.getByRole('dialog').isVisible()).toBe(true);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    // Chromium may leave the focus in a dialog that it has closed.
    await page.locator('dialog button').dispatchEvent('keydown', { key: 'j', bubbles: true });
    await page.locator('.requests > li.chosen').waitFor();
    await page.keyboard.press('k');
    await page.keyboard.press('Enter');
    await page.waitForURL(`**/requests/${first.id}`);
    await picture(page, 'request-light');
    await page.keyboard.press('a');
    await page.keyboard.press('Enter');
    expect(await first.end).toBe('2 rows');
    await page.getByText('Approved, and it has run.').waitFor();
    await picture(page, 'request-done');
    await page.keyboard.press('q');
    await page.getByText('1 waiting').waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('d');
    await page.waitForURL(`**/requests/${second.id}*`);
    await page.keyboard.type('ask before emptying');
    await page.keyboard.press('Enter');
    expect(await second.end).toContain('ask before emptying');
    await page.getByText('Denied. It did not run.').waitFor();
    await page.getByRole('link', { name: 'History' }).click();
    await page.getByText('denied by sam@example.com: ask before emptying').waitFor();
    await picture(page, 'history');
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('shows that a request has expired, without a reload', async () => {
    const { id, end } = await held('create table later (id int)');
    const { page, complaints } = await visit(browser, console(`/requests/${id}`), TOKENS.sam);
    await page.getByRole('button', { name: 'Approve' }).waitFor();
    await page.getByText('Expired. It did not run.').waitFor();
    expect(await page.getByRole('button', { name: 'Approve' }).count()).toBe(0);
    expect(await end).toMatch(/expired|in time/i);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('gives buttons to those whom a request has escalated to, without a reload', async () => {
    const { id, end } = await held('vacuum orders');
    const [{ page, complaints }, queue] = [await visit(browser, console(`/requests/${id}`), TOKENS.sam), await visit(browser, console(), TOKENS.sam)];
    await page.getByText('You are in none of the groups').waitFor();
    await queue.page.getByText('escalated to dba').waitFor();
    await page.getByText('Still undecided, so those in dba may decide now, too.').waitFor();
    await page.getByRole('button', { name: 'Approve' }).click();
    await page.getByText('Approved, and it has run.').waitFor();
    expect(await end).toMatch(/rows$/);
    expect(complaints).toEqual([]);
    for (const one of [page, queue.page]) await one.context().close();
  });

  it('refuses the owner, who freezes and thaws as an administrator', async () => {
    const { id, end } = await held('truncate orders');
    const { page, complaints } = await visit(browser, console(`/requests/${id}`), TOKENS.dana);
    await page.getByText('You own the agent reporter').waitFor();
    expect(await page.getByRole('button', { name: 'Approve' }).count()).toBe(0);
    await page.goto(console('/agents'));
    const card = page.getByRole('region', { name: 'Agent reporter' });
    await card.getByText('held').first().waitFor();
    await picture(page, 'agents');
    await card.getByLabel('Reason').fill('odd statements');
    await card.getByRole('button', { name: 'Freeze' }).click();
    await card.getByText('frozen', { exact: true }).waitFor();
    expect(await end).toContain('frozen');
    await card.getByRole('button', { name: 'Thaw' }).click();
    await card.getByRole('button', { name: 'Freeze' }).waitFor();
    expect((await held('truncate orders')).id).not.toBe(id);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('shows hostile and huge text as text, on a phone and without scrolling sideways', async () => {
    const { id } = await held(`delete from orders /* <script>document.title='owned'</script> \u202e evil \u200b ${'x'.repeat(900_000)} end of it */`);
    const { page, complaints } = await visit(browser, console(`/requests/${id}`), TOKENS.sam, { viewport: { width: 360, height: 740 }, colorScheme: 'dark' });
    for (const [path, name] of [[`/requests/${id}`, undefined], ['', 'queue-phone-dark'], ['/agents', 'agents-phone-dark'], ['/history', 'history-phone-dark']] as const) {
      await page.goto(console(path));
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
      expect(await page.title()).toContain('· Countersign');
      if (name !== undefined) await picture(page, name);
    }
    await page.goto(console(`/requests/${id}`));
    await picture(page, 'request-phone-dark');
    const shown = await page.locator('pre.statement').first().innerText();
    expect(shown).toContain('<script>document.title');
    expect(shown).toContain('⟦U+202E⟧ evil ⟦U+200B⟧');
    expect(shown.endsWith('end of it */')).toBe(true);
    expect(shown.length).toBeGreaterThan(900_000);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('shows sessions live, tells one as a timeline, finds what it did, and kills it', async () => {
    const agent = new pg.Client(world.proxy.url());
    agent.on('error', () => {});
    clients.push(agent);
    const { page, complaints } = await visit(browser, console('/sessions'), TOKENS.dana);
    await agent.connect();
    for (const text of ['begin', 'select note from orders', "insert into orders values (7, 'n')", 'commit', "select '\u202e'"]) await agent.query(text);
    await agent.query('drop table orders').catch(() => {});
    const end = agent.query('truncate table orders').catch((error: Error) => error.message);
    const { id } = await world.proxy.pending('truncate table orders');
    const item = page.locator('#open li.session', { hasText: id });
    await item.getByText('held').waitFor();
    const session = await item.getByRole('link', { name: /^ses_/ }).innerText();
    await picture(page, 'sessions-light');
    while (await item.locator('a:focus').count() === 0) await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.waitForURL(`**/sessions/${session}`);
    expect(await page.locator('.timeline > .inside').count()).toBe(4);
    await page.getByText('transaction 1 is committed').waitFor();
    await page.locator('.jumps a', { hasText: 'refused' }).click();
    await page.locator('.timeline > li:target', { hasText: 'drop table orders' }).waitFor();
    await picture(page, 'timeline-light');
    await page.keyboard.press('/');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/audit');
    await page.keyboard.press('/');
    await page.keyboard.type('"drop table"');
    await page.getByLabel('Session').or(page.getByText('More filters')).first().click();
    await page.getByLabel('Session').fill(session);
    await page.keyboard.press('Enter');
    const hit = page.locator('.requests > li.grave', { hasText: 'drop table orders' });
    await hit.waitFor();
    await picture(page, 'audit-light');
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: /^Entry \d+$/ }).waitFor();
    await picture(page, 'entry-light');
    await page.goto(console(`/sessions/${session}`));
    await page.getByRole('link', { name: 'Kill …' }).click();
    await picture(page, 'kill-light');
    await page.getByLabel('Reason').fill('too eager');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/sessions');
    expect(await end).toBeDefined();
    await page.locator('#open').waitFor();
    await expect.poll(() => page.locator('#open').innerText()).not.toContain(session);
    await page.goto(console(`/sessions/${session}`));
    await page.getByText('ended by dana@example.com: too eager').first().waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('shows sessions, timelines and entries on a phone, without scrolling sideways', async () => {
    const { client } = await held(`truncate orders /* <b>\u202e evil ${'x'.repeat(300_000)} the end */`);
    const { page, complaints } = await visit(browser, console('/sessions'), TOKENS.dana, { viewport: { width: 360, height: 740 }, colorScheme: 'dark' });
    const fits = async (name: string): Promise<void> => {
      await picture(page, `${name}-phone-dark`);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
    };
    const item = page.locator('#open li.session').last();
    await fits('sessions');
    await item.getByRole('link', { name: /^ses_/ }).click();
    await page.getByRole('link', { name: /^All 300,\d{3} characters$/ }).first().waitFor();
    await fits('timeline');
    await page.getByRole('link', { name: /^All / }).first().click();
    await page.getByRole('heading', { name: /^Entry / }).waitFor();
    expect(await page.locator('pre.statement').first().innerText()).toMatch(/<b>⟦U\+202E⟧ evil x+ the end \*\/$/);
    await fits('entry');
    await page.goto(console('/audit?verdict=hold'));
    await fits('audit');
    expect(complaints).toEqual([]);
    await client.end();
    await page.context().close();
  });

  it('works without JavaScript', async () => {
    const { id, end } = await held("delete from orders where id = 1; truncate orders");
    const { page } = await visit(browser, console(), TOKENS.kim, { javaScriptEnabled: false, colorScheme: 'dark' });
    await picture(page, 'queue-dark');
    await page.locator(`a[href$="${id}"]`).click();
    await picture(page, 'request-dark');
    await page.getByLabel(/Reason \(the agent/).fill('not today');
    await page.getByRole('button', { name: 'Deny' }).click();
    await page.getByText('Denied. It did not run.').waitFor();
    expect(await end).toContain('not today');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await picture(page, 'sign-in-dark');
    await page.goto(console());
    expect(page.url()).toContain('/console/sign-in');
    await page.context().close();
  });
});
