import { expect, it } from 'vitest';
import { draftHash, draftOf, view } from '../../src/approval/view.ts';
import { draft } from './support.ts';

it('what runs in a statement\'s place is part of the draft, of its hash and of what people see', () => {
  const plain = draft(0);
  const masked = { ...plain, forms: ['SELECT \'***\''] };
  expect(draftOf({ ...masked, state: 'pending' } as never)).toEqual(masked);
  expect(draftHash(masked)).not.toBe(draftHash(plain));
  expect(view(masked)).not.toBe(view(plain));
  expect(view({ ...masked, forms: ['SELECT email'] })).not.toBe(view(masked));
});
