/** A real Chromium, and what its pages complain about. */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { findProgram } from '../support/machine.ts';

/** Its path; a sentence in an object when the machine has none. */
export function chromiumHere(): { readonly path: string } | { readonly missing: string } {
  const path = process.env['COUNTERSIGN_TEST_CHROMIUM'] ?? findProgram('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable');
  return path === undefined ? { missing: 'there is no Chromium (install chromium, or set COUNTERSIGN_TEST_CHROMIUM to its path)' } : { path };
}

export interface Visit {
  readonly page: Page;
  /** Errors of the console and the page, violations of the content security policy among them. */
  readonly complaints: string[];
}

export async function visit(browser: Browser, url: string, token: string, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1100, height: 800 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  // A refused decision is answered with 409, which Chromium logs as a failed load.
  page.on('console', (message) => { if (message.type() === 'error' && !/status of 409/.test(message.text())) complaints.push(message.text()); });
  await page.goto(url);
  await page.getByLabel('API token').fill(token);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { level: 1 }).waitFor();
  return { page, complaints };
}

export async function launch(path: string): Promise<Browser> {
  return chromium.launch({ executablePath: path, headless: true });
}

/** Kept only where COUNTERSIGN_TEST_SCREENSHOTS names a folder. */
export async function picture(page: Page, name: string): Promise<void> {
  const dir = process.env['COUNTERSIGN_TEST_SCREENSHOTS'] ?? '';
  if (dir === '') return;
  mkdirSync(dir, { recursive: true });
  await page.screenshot({ path: join(dir, `${name}.png`), fullPage: true });
}
