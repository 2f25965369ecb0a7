/**
 * What the database's own parser says against a text, without running it; undefined when it takes the text, or couldn't
 * be asked. Never rejects. `position` counts characters from 1.
 */
export type GrammarQuestion = (text: string) => Promise<{ readonly message: string; readonly position: number } | undefined>;
