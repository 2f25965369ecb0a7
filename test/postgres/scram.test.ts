import { describe, expect, it } from 'vitest';
import { makeVerifier, mockVerifier, parseVerifier } from '../../src/identity/scram-verifier.ts';
import { ScramClient, ScramFailure, ScramServer } from '../../src/postgres/scram.ts';

async function login(password: string, serverPassword: string, binding: { client?: Buffer; server?: Buffer } = {}): Promise<boolean> {
  const client = new ScramClient(password, binding.client);
  const server = new ScramServer(parseVerifier(makeVerifier(serverPassword)), binding.client !== undefined, binding.server);
  const proof = await client.final(server.first(client.first()));
  const answer = server.final(proof);
  if (answer === undefined) return false;
  client.check(answer);
  return true;
}

describe('SCRAM-SHA-256', () => {
  it('makes the messages of RFC 7677, section 3', async () => {
    const client = new ScramClient('pencil', undefined, 'rOprNGfwEbeRWgbNEkqO');
    const final = await client.final('r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096');
    // The RFC's example names the user in the first message; PostgreSQL leaves it empty, so only the shape is the same.
    expect(final).toMatch(/^c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj\)hNlF\$k0,p=.{44}$/);
  });

  it('accepts the right password and nothing else', async () => {
    expect(await login('correct horse', 'correct horse')).toBe(true);
    expect(await login('correct horse', 'battery staple')).toBe(false);
    expect(await login('\u00aaª', 'aa')).toBe(true);
  });

  it('binds to the channel when both ends can', async () => {
    const here = Buffer.from('certificate of the server');
    expect(await login('p', 'p', { client: here, server: here })).toBe(true);
    await expect(login('p', 'p', { client: here, server: Buffer.from('of somebody between') })).rejects.toThrow(ScramFailure);
  });

  it('notices that channel binding was stripped', () => {
    const server = new ScramServer(parseVerifier(makeVerifier('p')), false, Buffer.from('x'));
    expect(() => server.first('y,,n=,r=abc')).toThrow(/stripped/);
  });

  it.each(['', 'n,,', 'n,,n=,r=', 'n,a=somebody,n=,r=abc', 'p=tls-unique,,n=,r=abc', 'n,,n=,r=a,b'])('refuses the first message %j', (text) => {
    expect(() => new ScramServer(parseVerifier(makeVerifier('p')), text.startsWith('p'), undefined).first(text)).toThrow(ScramFailure);
  });

  it('refuses a final message for another nonce, another channel, without a proof', () => {
    const start = (): ScramServer => {
      const server = new ScramServer(parseVerifier(makeVerifier('p')), false, undefined);
      server.first('n,,n=,r=abc', 'def');
      return server;
    };
    const proof = Buffer.alloc(32).toString('base64');
    expect(start().final(`c=biws,r=abcdef,p=${proof}`)).toBeUndefined();
    expect(() => start().final(`c=biws,r=abcxyz,p=${proof}`)).toThrow(ScramFailure);
    expect(() => start().final(`c=eSws,r=abcdef,p=${proof}`)).toThrow(ScramFailure);
    expect(() => start().final('c=biws,r=abcdef')).toThrow(ScramFailure);
    expect(() => start().final('c=biws,r=abcdef,p=AAAA')).toThrow(ScramFailure);
  });

  it('gives an unknown agent the same salt each time', () => {
    const secret = Buffer.alloc(32, 7);
    expect(mockVerifier('nobody', secret).salt).toEqual(mockVerifier('nobody', secret).salt);
    expect(mockVerifier('nobody', secret).salt).not.toEqual(mockVerifier('somebody', secret).salt);
  });

  it('refuses what is not a verifier', () => {
    expect(() => parseVerifier('md5abc')).toThrow(/not a SCRAM/);
  });
});
