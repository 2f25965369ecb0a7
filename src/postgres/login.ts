/** The agent's side of login: SCRAM-SHA-256 from stored verifiers, or a token. The same steps and answers for agents that don't exist. */

import type { Agent } from '../identity/agent.ts';
import type { AgentTokens, TokenLogin } from '../identity/agent-tokens.ts';
import type { Handshake } from '../net/handshake.ts';
import { Malformed } from '../framing/malformed.ts';
import { ByteReader } from '../framing/reader.ts';
import { Refused } from '../protocol/refusal.ts';
import { admitByToken } from '../protocol/token-login.ts';
import { authenticationCleartextPassword, authenticationSasl, authenticationSaslContinue, authenticationSaslFinal } from './messages/backend.ts';
import { Frontend, HEADER_BYTES } from './messages/frame.ts';
import { mockVerifier, parseVerifier } from '../identity/scram-verifier.ts';
import { ScramFailure, ScramServer } from './scram.ts';

/** Largest message before a login is complete (server: PG_MAX_AUTH_TOKEN_LENGTH). */
const MAX_LOGIN_MESSAGE = 65_535;

const PLAIN = 'SCRAM-SHA-256';
const PLUS = 'SCRAM-SHA-256-PLUS';

export interface LoginOptions {
  readonly user: string;
  readonly agent: Agent | undefined;
  /** An agent that does exist: an unknown one is asked for as many iterations. */
  readonly like: Agent | undefined;
  /** Key from which unknown agents get their salts; the same for the whole life of an installation, else two tries tell. */
  readonly mockSecret: Buffer;
  /** tls-server-end-point of our certificate; undefined without TLS. */
  readonly binding: Buffer | undefined;
}

/** Resolves when the client has proved the agent's password. Throws Refused (login_refused) with one answer for every wrong guess. */
export async function login(handshake: Handshake, { user, agent, like, mockSecret, binding }: LoginOptions): Promise<Agent> {
  // Both are worked out for everybody: making up an agent takes 0.2 ms, which a patient stranger could measure.
  // An agent without a verifier for PostgreSQL is as unknown here as one that doesn't exist.
  const own = agent?.verifiers.scram;
  const model = own ?? like?.verifiers.scram;
  const shape = model === undefined ? undefined : parseVerifier(model);
  const mock = mockVerifier(user, mockSecret, shape);
  const verifier = own === undefined || shape === undefined ? mock : shape;
  handshake.socket.write(authenticationSasl(binding ? [PLUS, PLAIN] : [PLAIN]));
  try {
    const initial = saslInitialResponse(await passwordMessage(handshake));
    if (initial.mechanism !== PLAIN && !(binding && initial.mechanism === PLUS)) throw new ScramFailure('bad_message', `SASL mechanism ${JSON.stringify(initial.mechanism)} is not offered`);
    const scram = new ScramServer(verifier, initial.mechanism === PLUS, binding);
    handshake.socket.write(authenticationSaslContinue(scram.first(initial.data)));
    const final = scram.final((await passwordMessage(handshake)).toString('utf8'));
    if (final === undefined || agent === undefined) throw wrongPassword(user);
    handshake.socket.write(authenticationSaslFinal(final));
    return agent;
  } catch (error) {
    if (!(error instanceof ScramFailure)) throw error;
    throw new Refused({ code: 'protocol_violation', message: error.message, hint: 'Use a client that speaks SCRAM-SHA-256.' });
  }
}

/** Asks for the token of an agent that logs in by one, which comes as it is. Only over TLS. Throws Refused (login_refused). */
export async function tokenLogin(handshake: Handshake, user: string, tokens: AgentTokens): Promise<TokenLogin> {
  handshake.socket.write(authenticationCleartextPassword());
  const reader = new ByteReader(await passwordMessage(handshake));
  const token = reader.cstring();
  reader.finish();
  return admitByToken(tokens, user, token, wrongPassword(user).refusal.message);
}

/** The server's own words, so that clients that look for them find them. */
function wrongPassword(user: string): Refused {
  return new Refused({ code: 'login_refused', message: `password authentication failed for user ${JSON.stringify(user)}`, hint: 'The user is the agent\'s name in the proxy\'s configuration, the password the agent\'s own.' });
}

/** Body of the next message, which must be a password message ('p'): SASLInitialResponse, SASLResponse or PasswordMessage. */
async function passwordMessage(handshake: Handshake): Promise<Buffer> {
  const header = await handshake.take(HEADER_BYTES);
  const length = header.readInt32BE(1);
  if (header[0] !== Frontend.Password || length < 4 || length > MAX_LOGIN_MESSAGE) throw new Malformed('expected a password message');
  return handshake.take(length - 4);
}

/** String (mechanism), Int32 length or -1, bytes. */
function saslInitialResponse(body: Buffer): { readonly mechanism: string; readonly data: string } {
  const reader = new ByteReader(body);
  const mechanism = reader.cstring();
  const length = reader.int32();
  const data = length === -1 ? '' : reader.bytes(length).toString('utf8');
  reader.finish();
  return { mechanism, data };
}
