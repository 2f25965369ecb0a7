/** /api/v1/people: the switch that ends all sign-ins of a person at once. */

import type { Hono } from 'hono';
import { EMAIL } from '../config/fields.ts';
import { normalEmail } from '../identity/email.ts';
import type { SignIns } from '../identity/sign-ins.ts';
import type { ApiEnv, Guard } from './auth.ts';
import { bodyOf } from './input.ts';
import { ApiProblem } from './problem.ts';
import { ReasonBody } from './schemas.ts';

/** Whoever has signed in needs to be known nowhere, so any address will do. */
export function peopleRoutes(app: Hono<ApiEnv>, guard: Guard, signIns: Pick<SignIns, 'endAll'>): void {
  app.post('/api/v1/people/:email/sign-out', guard('people:sign-out'), async (context) => {
    const { reason } = await bodyOf(context, ReasonBody);
    const email = normalEmail(context.req.param('email'));
    if (!EMAIL.test(email)) throw new ApiProblem('bad_request', 'A person is named by an e-mail address.', { hint: 'For example: POST /api/v1/people/dana@example.com/sign-out' });
    return context.json({ person: email, ...(await signIns.endAll(email, context.get('caller').person.email, reason)) });
  });
}
