import { describe, expect, it } from 'vitest';
import { Readings } from '../../../src/sql/postgres/reading.ts';

const USUAL = { searchPath: ['public'], searchPathSetting: '"$user", public', account: 'app' };
const pathOf = (settings: Readonly<Record<string, string>>, usual: typeof USUAL | Record<string, never> = USUAL): readonly string[] | undefined =>
  new Readings().reading(new Map(Object.entries(settings)), usual).path;

describe('the search path of a session', () => {
  it('is what sessions start with, whether the server reports the setting or not', () => {
    expect(pathOf({})).toEqual(['public']);
    expect(pathOf({ search_path: '"$user", public', session_authorization: 'app' })).toEqual(['public']);
  });

  it('is a list of plain names', () => {
    expect(pathOf({ search_path: 'archive, public' })).toEqual(['archive', 'public']);
    expect(pathOf({ search_path: '' })).toEqual([]);
  });

  it('isn\'t known where a name is quoted, or the session acts as somebody else', () => {
    expect(pathOf({ search_path: '"$user", archive' })).toBeUndefined();
    expect(pathOf({ search_path: '"$user", public' }, {})).toBeUndefined();
    expect(pathOf({ search_path: '"$user", public', role: 'dana' })).toBeUndefined();
    expect(pathOf({ session_authorization: 'dana' })).toBeUndefined();
  });
});
