import { expect, test } from 'vitest';
import { commentTags } from '../../src/sql/comment-tags.ts';

test.each<[string, Record<string, string>]>([
  [`select 1 /*reason='nightly%20report',run_id='42'*/`, { reason: 'nightly report', run_id: '42' }],
  [`/* model='gpt' */ select 1 /*traceparent='00-5bd66ef5095369c7b0d1f8f4bd33716a-c532cb4098ac3dd2-01'*/ ; `, { model: 'gpt', traceparent: '00-5bd66ef5095369c7b0d1f8f4bd33716a-c532cb4098ac3dd2-01' }],
  [`select 1 /*route='%2Fpolls%201000',db_driver='django.db.backends.postgresql', reason='it\\'s'*/`, { route: '/polls 1000', db_driver: 'django.db.backends.postgresql', reason: 'it\'s' }],
  [`select 1 /*a='x''y',a='z'*/`, { a: 'z' }],
  [`select 1 /*a='%'*/`, { a: '%' }],
  [`select 1 /* just a comment, isn't it? */`, {}],
  [`select 1 /*a='b' and more*/`, {}],
  [`select '/*a=''b''*/'`, {}],
  [`select /*a='b'*/ 1`, {}],
  ['select 1', {}],
  ['', {}],
])('%s', (text, tags) => {
  expect(commentTags(text)).toEqual(tags);
});

test('long and hostile texts take no time, and tags are cut', () => {
  const began = performance.now();
  for (const text of [`/*${'*'.repeat(1e6)}`, '/*'.repeat(5e5), `${'\''.repeat(1e6)}*/`, `/*a='${'x'.repeat(3_000)}'*/`, `/*${'a=\'b\','.repeat(600)}*/`]) {
    const tags = commentTags(text);
    expect(Object.keys(tags).length).toBeLessThanOrEqual(20);
    expect(tags['a']?.length ?? 0).toBeLessThanOrEqual(1_000);
  }
  expect(performance.now() - began).toBeLessThan(500);
});
