/** Questions of our own asked at once; a further one isn't asked. They are few, and connections are dear. */
const AT_ONCE = 4;

/** `ask` for a few callers at once. Undefined when it isn't asked, or fails: whoever asks goes on without. Never rejects. */
export function fewAtOnce<Asked, Answer>(ask: (asked: Asked) => Promise<Answer | undefined>): (asked: Asked) => Promise<Answer | undefined> {
  let asking = 0;
  return async (asked) => {
    if (asking >= AT_ONCE) return undefined;
    asking++;
    try {
      return await ask(asked);
    } catch {
      return undefined;
    } finally {
      asking--;
    }
  };
}
