import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Folders of PATH. */
export const pathFolders = (): string[] => (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');

/** Full paths of the programs of these names that may be run, in the order of the names, then of the folders. */
export function programsIn(folders: readonly string[], names: readonly string[]): string[] {
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).filter(executable);
}

function executable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
