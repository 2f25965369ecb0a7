import { expect, test } from 'vitest';
import { statementShape } from '../../src/learning/statement-shape.ts';

test.each([
  ['UPDATE Orders SET status = \'it\'\'s\' WHERE id = 42', 'update orders set status = ? where id = ?'],
  ['select  1,\n 2, 3 -- all', 'select ?, …'],
  ['INSERT INTO t VALUES (1, \'a\'), (2, \'b\')', 'insert into t values (?, …), …'],
  ['select "Id", t1.x from t1 where x = $1 /* why */', 'select "Id", t1.x from t1 where x = ?'],
  ['do $x$ drop table "a" $x$', 'do ?'],
  ['select e\'it\\\'s\', \'a\\\'', 'select ?, …'],
])('PostgreSQL: %s', (text, shape) => expect(statementShape(text, 'postgres')).toBe(shape));

test.each([
  ['SELECT "it\\"s" FROM `T 1` WHERE a = 0x1f', 'select ? from `T 1` where a = ?'],
  ['SELECT 1 /*! , 2 */ FROM t', 'select ? /*! , ? */ from t'],
])('MySQL: %s', (text, shape) => expect(statementShape(text, 'mysql')).toBe(shape));

test('is of bounded length, whatever the text', () => {
  for (const text of [`select ${'\''.repeat(1 << 20)}`, `/*${'x'.repeat(1 << 20)}`, `select ${'a'.repeat(1 << 20)}`, `select ${'$a$'.repeat(1 << 18)}`]) {
    expect(statementShape(text, 'postgres').length).toBeLessThan(502);
    expect(statementShape(text, 'mysql').length).toBeLessThan(502);
  }
});
