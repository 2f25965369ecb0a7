/** Where a process's time went, from the profile that node --cpu-prof leaves behind. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

interface Frame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
}

interface Profile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: Frame; readonly children?: readonly number[] }[];
  /** Node ids, one per sample, and µs since the sample before. */
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** Lines as `12.3 %  decide  src/policy/decide.ts:40`: time in the function itself, without what it calls, as a share of the time not idle. */
export function hottest(folder: string, root: string, count = 30): string[] {
  const self = new Map<string, number>();
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.cpuprofile'))) {
    addTo(self, JSON.parse(readFileSync(join(folder, file), 'utf8')) as Profile, root);
  }
  self.delete('(idle)');
  const total = [...self.values()].reduce((sum, time) => sum + time, 0);
  return [...self]
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, count)
    .map(([name, time]) => `${((time / total) * 100).toFixed(1).padStart(5)} %  ${name}`);
}

function addTo(self: Map<string, number>, profile: Profile, root: string): void {
  const frames = new Map(profile.nodes.map((node) => [node.id, node.callFrame]));
  const callers = new Map(profile.nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, frames.get(id)] as const)));
  // What a native function costs, its caller chose.
  const named = (id: number, callFrame: Frame) => {
    const caller = callFrame.url === '' && !callFrame.functionName.startsWith('(') ? callers.get(id) : undefined;
    return caller === undefined ? nameOf(callFrame, root) : `${nameOf(callFrame, root)}  called by  ${nameOf(caller, root)}`;
  };
  const names = new Map(profile.nodes.map(({ id, callFrame }) => [id, named(id, callFrame)]));
  for (const [at, id] of profile.samples.entries()) {
    const name = names.get(id) ?? '(unknown)';
    self.set(name, (self.get(name) ?? 0) + (profile.timeDeltas[at] ?? 0));
  }
}

function nameOf({ functionName, url, lineNumber }: Frame, root: string): string {
  const name = functionName === '' ? '(anonymous)' : functionName;
  if (url === '') return name;
  const file = url.startsWith('file:') ? fileURLToPath(url).replace(root, '') : url;
  return `${name}  ${file}:${lineNumber + 1}`;
}
