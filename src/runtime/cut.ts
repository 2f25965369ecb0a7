/** Only for what is beside the statement: lists of objects, messages. The statement itself is never cut silently. */
export function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  const kept = wholeCharacters(text, max - 40);
  return `${kept} … (${text.length - kept.length} characters more)`;
}

/** The longest start of at most `max` UTF-16 units that doesn't split a surrogate pair. */
export function wholeCharacters(text: string, max: number): string {
  const last = text.charCodeAt(max - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? max - 1 : max);
}
