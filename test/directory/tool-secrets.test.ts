import { describe, expect, it } from 'vitest';
import { agentInputSchema } from '../../src/directory/agent.js';
import { newAgent, patchedAgent } from '../../src/directory/agent-change.js';
import { HIDDEN_SECRET, hideSecrets } from '../../src/directory/tool-secrets.js';

const MODEL = 'amazon.nova-2-sonic-v1:0';

const oauth = (clientSecret: string, tokenUrl = 'https://id.example.com/token') => ({
  kind: 'oauth',
  tokenUrl,
  clientId: 'bridge',
  clientSecret,
});

const agentWith = (auth: object, name = 'orders') =>
  agentInputSchema.parse({
    name: 'A',
    systemPrompt: 'p',
    tools: [
      {
        kind: 'agentcore',
        name,
        description: 'd',
        agentRuntimeArn: 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/orders-AbCdEf1234',
        auth,
      },
    ],
  });

const secretOf = ({ tools }: ReturnType<typeof agentWith>) => {
  const [tool] = tools;
  return tool?.kind === 'agentcore' && tool.auth.kind === 'oauth' ? tool.auth.clientSecret : undefined;
};

describe('a secret of a tool', () => {
  it('is not shown, and everything else is', () => {
    const agent = agentWith(oauth('s3cret'));

    expect(JSON.stringify(hideSecrets(agent))).not.toContain('s3cret');
    expect(hideSecrets(agent)).toEqual(agentWith(oauth(HIDDEN_SECRET)));
  });

  it('stays when the agent is given back as it was shown, with another prompt', () => {
    const agent = agentWith(oauth('s3cret'));
    const { tools } = hideSecrets(agent);

    const changed = patchedAgent(agent, { systemPrompt: 'q', tools }, MODEL);

    expect([changed.systemPrompt, secretOf(changed)]).toEqual(['q', 's3cret']);
  });

  it('is replaced by another one that is given', () => {
    const changed = patchedAgent(agentWith(oauth('old')), { tools: agentWith(oauth('new')).tools }, MODEL);

    expect(secretOf(changed)).toBe('new');
  });

  it.each([
    ['to another address', agentWith(oauth(HIDDEN_SECRET, 'https://evil.example.com/token'))],
    ['to another tool', agentWith(oauth(HIDDEN_SECRET), 'other')],
  ])('never goes %s: it has to be given again', (_where, { tools }) => {
    expect(() => patchedAgent(agentWith(oauth('s3cret')), { tools }, MODEL)).toThrow(
      expect.objectContaining({
        code: 'REQUEST_INVALID',
        details: { errors: [expect.objectContaining({ field: 'tools.0.auth.clientSecret' })] },
      }),
    );
  });

  it('cannot be left hidden when the agent is new', () => {
    expect(() => newAgent(agentWith(oauth(HIDDEN_SECRET)), MODEL)).toThrow('not valid');
  });
});
