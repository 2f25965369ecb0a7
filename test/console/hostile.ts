/** Would be markup, or look like other text, if a page let it. */
export const EVIL = '</code><script>alert(1)</script>"\'&\u202e\u200b';
