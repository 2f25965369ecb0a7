import { SignInRefused } from '../sign-in.ts';

/** The issuer doesn't answer, or with nothing that can be used. The cause is for the log. */
export class IssuerUnavailable extends SignInRefused {
  constructor(issuer: string, cause: unknown) {
    super('issuer_unavailable', `The issuer ${new URL(issuer).host} can't be asked just now.`, { hint: 'Try again shortly; if it lasts, an operator should look at identity.issuer and at that service.', cause });
  }
}
