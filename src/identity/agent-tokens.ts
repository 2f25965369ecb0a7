/** Agents that log in by a token of an issuer (a JWT) in the place of a password: which names do, and whose token is good now. */

import type { Logger } from 'pino';
import type { AgentIssuerConfig, Config } from '../config/config.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Agent, AgentJwt } from './agent.ts';
import { issuedAgent, meets } from './issued-agent.ts';
import { IssuerKeys } from './oidc/issuer-keys.ts';
import { IssuerMetadata } from './oidc/metadata.ts';
import { issuerOf, TokenRefused, verifyToken } from './oidc/verify-token.ts';

export interface TokenLogin {
  readonly agent: Agent;
  /** The token's end, milliseconds since 1970: the session ends with it. */
  readonly until: number;
}

export interface AgentTokens {
  /** Does the agent of this name log in by a token? */
  expects(user: string): boolean;
  /** Rejects with TokenRefused, or with IssuerUnavailable when the issuer's keys can't be had. */
  admit(user: string, token: string): Promise<TokenLogin>;
  /** Agents that aren't listed and have logged in, by name; the latest ones. */
  readonly issued: ReadonlyMap<string, Agent>;
}

export interface AgentTokensParts {
  readonly clock: Clock;
  readonly log?: Pick<Logger, 'warn'>;
  /** See IssuerKeysOptions. */
  readonly cooldownMs?: number;
}

/** Agents that aren't listed are remembered, so that people see and freeze them; so many of them. */
const MOST_ISSUED = 1_000;

export function createAgentTokens(config: Pick<Config, 'agents' | 'agentIssuers'>, parts: AgentTokensParts): AgentTokens {
  return new Tokens(config, parts);
}

class Tokens implements AgentTokens {
  readonly issued = new Map<string, Agent>();
  readonly #config: Pick<Config, 'agents' | 'agentIssuers'>;
  readonly #parts: AgentTokensParts;
  readonly #keys = new Map<string, IssuerKeys>();

  constructor(config: Pick<Config, 'agents' | 'agentIssuers'>, parts: AgentTokensParts) {
    this.#config = config;
    this.#parts = parts;
  }

  /** A listed name is never an issuer's to give. */
  expects(user: string): boolean {
    const listed = this.#config.agents.get(user);
    return listed === undefined ? this.#issuers(user).length > 0 : listed.jwt !== undefined;
  }

  async admit(user: string, token: string): Promise<TokenLogin> {
    const listed = this.#config.agents.get(user);
    return listed === undefined ? this.#issued(user, token) : this.#listed(listed, token);
  }

  async #listed(agent: Agent, token: string): Promise<TokenLogin> {
    const { jwt } = agent;
    if (jwt === undefined) throw new TokenRefused('this agent logs in by a password');
    const claims = await this.#verify(token, jwt);
    if (!meets(claims, jwt.claims)) throw new TokenRefused(`the token's claims aren't those of the agent ${JSON.stringify(agent.name)}`);
    return { agent, until: claims.exp * 1000 };
  }

  async #issued(user: string, token: string): Promise<TokenLogin> {
    const { issuer, audience } = issuerOf(token);
    const ofIssuer = this.#issuers(user).filter((one) => one.issuer === issuer);
    const rule = ofIssuer.find((one) => audience.includes(one.audience)) ?? ofIssuer[0];
    if (rule === undefined) throw new TokenRefused('the token is of no issuer whose agents may log in under this name');
    const claims = await this.#verify(token, rule);
    const agent = issuedAgent(claims, rule);
    if (agent.name !== user) throw new TokenRefused(`the token is the agent ${JSON.stringify(agent.name)}'s`, { hint: `Connect as the user ${JSON.stringify(agent.name)}.` });
    this.#note(agent);
    return { agent, until: claims.exp * 1000 };
  }

  #issuers(user: string): readonly AgentIssuerConfig[] {
    return this.#config.agentIssuers.filter(({ prefix }) => user.startsWith(prefix));
  }

  #verify(token: string, of: Pick<AgentJwt, 'issuer' | 'audience' | 'jwksUri'>): ReturnType<typeof verifyToken> {
    return verifyToken(token, { issuer: of.issuer, audience: of.audience, keys: this.#keysOf(of).find, now: this.#parts.clock.now() });
  }

  #keysOf({ issuer, jwksUri }: Pick<AgentJwt, 'issuer' | 'jwksUri'>): IssuerKeys {
    const name = JSON.stringify([issuer, jwksUri]);
    const known = this.#keys.get(name);
    if (known !== undefined) return known;
    const { clock, log, cooldownMs } = this.#parts;
    const metadata = new IssuerMetadata(issuer, clock, log);
    const locate = async (): Promise<string | undefined> => jwksUri ?? (await metadata.get()).jwks_uri;
    const keys = new IssuerKeys({ issuer, locate, clock, log, ...(cooldownMs !== undefined && { cooldownMs }) });
    this.#keys.set(name, keys);
    return keys;
  }

  #note(agent: Agent): void {
    this.issued.delete(agent.name);
    this.issued.set(agent.name, agent);
    const [oldest] = this.issued.keys();
    if (this.issued.size > MOST_ISSUED && oldest !== undefined) this.issued.delete(oldest);
  }
}
