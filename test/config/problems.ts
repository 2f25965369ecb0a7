import { expect } from 'vitest';
import { configFrom } from '../../src/config/load.ts';
import { ConfigError } from '../../src/config/problems.ts';

/** The problems of a good file after one change, without the file's name. */
export function problemsOf(file: string, good: string, change: (text: string) => string): string[] {
  const text = change(good);
  expect(text, 'the change must change something').not.toBe(good);
  try {
    configFrom(file, text);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).message.split('\n').map((line) => line.replace(`${file}:`, ''));
  }
  return [];
}
