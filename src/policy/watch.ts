import { watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { dirname } from 'node:path';
import { ConfigError } from '../config/problems.ts';
import type { Problem } from '../config/problems.ts';
import type { Clock } from '../runtime/clock.ts';
import type { PolicyContext } from './context.ts';
import type { CompiledPolicy } from './decide.ts';
import { loadPolicy } from './load.ts';

export interface WatchOptions {
  readonly context?: PolicyContext;
  /** Version in force; the same one isn't announced again. */
  readonly version?: string;
  /** A new policy is in force. Never called with one that has problems. */
  readonly onPolicy: (policy: CompiledPolicy) => void;
  /** The files are wrong; the policy in force stays. Not repeated while they stay wrong in the same way. */
  readonly onProblem: (problems: readonly Problem[]) => void;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

export interface PolicyWatch {
  /** Reads the files now (SIGHUP) and tells what is wrong even when it was told before. True when the files are right. */
  reload(): Promise<boolean>;
}

/** Editors write in several steps; one reading follows them all. Milliseconds. */
const SETTLE_MS = 100;

/** A directory that can't be watched (deleted, too many watches) is tried again. Milliseconds. */
const RETRY_MS = 5000;

/**
 * Watches the files' directories, since editors and configuration mounts replace files by renaming. Directories on network file systems may
 * never report a change: `reload` is for those. Ends when the signal aborts; from then on nothing is called back.
 */
export function watchPolicy(files: readonly string[], options: WatchOptions): PolicyWatch {
  const { clock, signal } = options;
  const load = loader(files, options);
  const watchers = new Map<string, FSWatcher>();
  let settling: { cancel(): void } | undefined;

  const changed = (): void => {
    settling?.cancel();
    settling = clock.after(SETTLE_MS, () => void load(false));
  };
  const start = (directory: string): void => {
    if (signal.aborted) return;
    try {
      const watcher = watch(directory, { persistent: false }, changed);
      watchers.set(directory, watcher);
      watcher.once('error', () => again(directory, watcher));
    } catch {
      again(directory);
    }
  };
  const again = (directory: string, watcher?: FSWatcher): void => {
    watcher?.close();
    watchers.delete(directory);
    clock.after(RETRY_MS, () => {
      start(directory);
      changed();
    });
  };
  for (const directory of new Set(files.map((file) => dirname(file)))) start(directory);
  signal.addEventListener('abort', () => {
    settling?.cancel();
    for (const watcher of watchers.values()) watcher.close();
  }, { once: true });
  return { reload: () => load(true) };
}

/** One reading at a time, in the order of asking: a slow older one must never win over a newer one. */
function loader(files: readonly string[], options: WatchOptions): (loud: boolean) => Promise<boolean> {
  let version = options.version;
  let told = '';
  let last: Promise<boolean> = Promise.resolve(true);

  const once = async (loud: boolean): Promise<boolean> => {
    if (options.signal.aborted) return false;
    try {
      const policy = await loadPolicy(files, options.context);
      told = '';
      if (!options.signal.aborted && policy.version !== version) {
        version = policy.version;
        options.onPolicy(policy);
      }
      return true;
    } catch (error) {
      const problems = problemsOf(error, files);
      const text = JSON.stringify(problems);
      if (!options.signal.aborted && (loud || text !== told)) options.onProblem(problems);
      told = text;
      return false;
    }
  };
  return (loud) => (last = last.then(() => once(loud)));
}

function problemsOf(error: unknown, files: readonly string[]): readonly Problem[] {
  if (error instanceof ConfigError) return error.problems;
  return [{ file: files[0] ?? '', line: 1, column: 1, message: `the policy can't be loaded: ${(error as Error).message}` }];
}
