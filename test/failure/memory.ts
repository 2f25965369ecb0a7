/** How much memory a process takes, watched while something goes on. */

import type { ChildProxy } from './child.ts';

export const MIB = 1024 * 1024;

export const mib = (bytes: number): string => `${(bytes / MIB).toFixed(1)} MiB`;

/** Looks at the resident set until told to stop; answers with the most there was. */
export function watchMemory(proxy: ChildProxy): { stop(): number } {
  let most = proxy.rss();
  const timer = setInterval(() => {
    if (proxy.running) most = Math.max(most, proxy.rss());
    else clearInterval(timer);
  }, 20);
  return {
    stop() {
      clearInterval(timer);
      return Math.max(most, proxy.rss());
    },
  };
}

/** The resident set once it doesn't grow any more: what is measured while a process still works at its start is too much or too little. */
export async function settledMemory(proxy: ChildProxy): Promise<number> {
  let before = proxy.rss();
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 250));
    const now = proxy.rss();
    if (Math.abs(now - before) < MIB / 4) return now;
    before = now;
  }
}
