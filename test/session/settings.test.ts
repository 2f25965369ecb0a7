import { describe, expect, it } from 'vitest';
import { Settings } from '../../src/session/settings.ts';

const path = (value?: string, scope: 'session' | 'transaction' = 'session') => [value === undefined ? { name: 'search_path', scope } : { name: 'search_path', value, scope }];
const fresh = () => new Settings('ses_a');
const named = (settings: Settings) => Object.fromEntries(settings.meaningful());

describe('settings an approval is bound to', () => {
  it('are those of the startup packet, too, and go back to them', () => {
    const settings = fresh();
    settings.begin(new Map([['search_path', 'evil'], ['application_name', 'x']]));
    expect(named(settings)).toEqual({ search_path: 'evil' });
    settings.apply(path('other'));
    settings.clear();
    settings.idle(false);
    expect(named(settings)).toEqual({ search_path: 'evil' });
    settings.apply([{ name: 'search_path', value: 'third', scope: 'session' }]);
    settings.apply([{ name: '*', scope: 'session' }]);
    expect(named(settings)).toEqual({ search_path: 'evil' });
  });

  it('keep role and session_authorization through RESET ALL', () => {
    const settings = fresh();
    settings.apply([{ name: 'role', value: 'dba', scope: 'session' }]);
    settings.apply([{ name: '*', scope: 'session' }]);
    expect(named(settings)).toEqual({ role: 'dba' });
  });

  it('are unlike those of any other session when a value cannot be told', () => {
    const one = fresh();
    const other = new Settings('ses_b');
    for (const settings of [one, other]) {
      settings.apply(path());
      settings.idle(false);
    }
    expect(one.meaningful()).not.toEqual([]);
    expect(one.meaningful()).not.toEqual(other.meaningful());
  });

  it('are unlike any others after ROLLBACK TO', () => {
    const one = fresh();
    const other = new Settings('ses_b');
    for (const settings of [one, other]) {
      settings.apply(path('x'));
      settings.transaction('rollback_to');
    }
    expect(one.meaningful()).not.toEqual(other.meaningful());
  });

  it('go back when the transaction is rolled back, by ROLLBACK, by COMMIT of a failed one, or by a commit that fails', () => {
    for (const end of ['rollback', undefined] as const) {
      const settings = fresh();
      settings.apply(path('evil'));
      if (end) settings.transaction(end);
      settings.idle(end === undefined);
      expect(named(settings)).toEqual({});
    }
  });

  it('stay when they were committed before a later failure', () => {
    const settings = fresh();
    settings.apply(path('mine'));
    settings.transaction('commit');
    settings.apply(path('evil'));
    settings.idle(true);
    expect(named(settings)).toEqual({ search_path: 'mine' });
  });

  it('SET LOCAL ends with the transaction', () => {
    const settings = fresh();
    settings.apply(path('local', 'transaction'));
    expect(named(settings)).toEqual({ search_path: 'local' });
    settings.idle(false);
    expect(named(settings)).toEqual({});
  });

  it('a SET LOCAL of a value that cannot be told is not the default', () => {
    const settings = fresh();
    settings.apply(path(undefined, 'transaction'));
    expect(settings.meaningful()).not.toEqual([]);
  });
});
