/** The stylesheet and the script, from memory, under a name that changes with their content. */

import { createHash } from 'node:crypto';
import type { Hono } from 'hono';
import type { ConsoleEnv } from './parts.ts';
import { script } from './script.js.ts';
import { style } from './style.css.ts';

interface Asset {
  readonly path: string;
  readonly type: string;
  readonly text: string;
}

export const STYLE = asset('css', 'text/css; charset=utf-8', style);
export const SCRIPT = asset('js', 'text/javascript; charset=utf-8', script);

function asset(ending: string, type: string, text: string): Asset {
  return { path: `/console/assets/${createHash('sha256').update(text).digest('hex').slice(0, 16)}.${ending}`, type, text };
}

export function assetRoutes(app: Hono<ConsoleEnv>): void {
  for (const { path, type, text } of [STYLE, SCRIPT]) {
    app.get(path.slice('/console'.length), (context) => context.body(text, 200, { 'content-type': type, 'cache-control': 'public, max-age=31536000, immutable' }));
  }
}
