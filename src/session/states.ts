/**
 * A session's states.
 *
 *   ready --step needs a promise--> judging --judged--> ready
 *   ready --verdict hold--> held --released | refused--> ready
 *   any --goodbye, kill, broken socket, what can't be followed--> closed
 */
export type SessionState = 'ready' | 'judging' | 'held' | 'closed';
