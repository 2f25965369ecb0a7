/** How e-mails are compared everywhere: case never matters, nor do width or composition of characters. */
export function normalEmail(email: string): string {
  return email.normalize('NFKC').trim().toLowerCase();
}

export function sameEmail(a: string, b: string): boolean {
  return normalEmail(a) === normalEmail(b);
}
