/** How long an API token signs somebody in at the console. */
export const BY_API_TOKEN_MS = 12 * 3_600_000;

/** @param sessionMs how long a sign-in by the issuer lasts, where there is one */
export const longestSignInMs = (sessionMs = 0): number => Math.max(BY_API_TOKEN_MS, sessionMs);
