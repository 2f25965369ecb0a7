import { describe, expect, test } from 'vitest';
import { requestText } from '../../src/cli/request-text.ts';
import { requestView } from '../../src/api/views.ts';
import { ApprovalRequestView } from '../../src/api/schemas.ts';
import type { ApprovalRequest, RequestState } from '../../src/approval/request.ts';
import { factsOf } from '../../src/channels/facts.ts';
import { stateLine } from '../../src/channels/outcome.ts';
import { becameLine } from '../../src/console/words.ts';
import { draft } from './support.ts';

const request = (state: RequestState, more: Partial<ApprovalRequest> = {}): ApprovalRequest => ({ ...draft(1_700_000_000_000, {}), id: 'req_aaaaaaaaaaaaaaaa', state, decisions: [], changedAt: 1, ...more });

describe('rows of a statement that runs already', () => {
  test.each<[RequestState, string, string]>([
    ['approved', 'It may run now.', 'The rest of its rows may follow now.'], ['denied', 'It did not run.', 'No more of its rows were sent.'],
    ['expired', 'Expired. It did not run.', 'Expired. No more of its rows were sent.'], ['withdrawn', 'Withdrawn. It did not run.', 'Withdrawn. No more of its rows were sent.'],
  ])('%s says of them what is true', (state, whole, rest) => {
    expect(stateLine(request(state))).toBe(whole);
    expect(stateLine(request(state, { rowsSent: 100 }))).toBe(rest);
    expect(becameLine(request(state, { rowsSent: 100 }))).not.toContain('run');
  });

  test('how many were sent is shown where it is decided', () => {
    const one = request('pending', { rowsSent: 100 });
    expect(factsOf(one)).toContainEqual(['Rows', '100 were sent, and the rest waits']);
    expect(requestText(ApprovalRequestView.parse(JSON.parse(JSON.stringify(requestView(one)))), 1_700_000_000_000, 120)).toContain('100 were sent, and the rest waits');
  });
});
