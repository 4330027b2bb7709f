import { ListAgentAliasesCommand, paginateListAgents } from '@aws-sdk/client-bedrock-agent';
import { describe, expect, it } from 'vitest';
import { agent, bedrockAgentsForTests } from './place.js';

const start = bedrockAgentsForTests();

describe('the control plane', () => {
  it('lists every agent once, however many aliases it has, page by page', async () => {
    const { control, clock } = await start([
      agent({}, { agentId: 'AGENT00001', name: 'Orders' }),
      agent({}, { agentId: 'AGENT00001', agentAliasId: 'TSTALIASID' }),
      agent({}, { agentId: 'AGENT00002' }),
      agent({}, { agentId: 'AGENT00003' }),
    ]);
    const pages: (string | undefined)[][] = [];

    for await (const page of paginateListAgents({ client: control, pageSize: 2 }, {})) {
      expect(page.agentSummaries?.[0]).toMatchObject({ agentStatus: 'PREPARED', updatedAt: new Date(clock.now()) });
      pages.push((page.agentSummaries ?? []).map(({ agentName }) => agentName));
    }

    expect(pages).toEqual([['Orders', 'AGENT00002'], ['AGENT00003']]);
  });

  it('lists the aliases of an agent, and knows no other', async () => {
    const { control } = await start([
      agent({}, { aliasName: 'production' }),
      agent({}, { agentAliasId: 'TSTALIASID' }),
      agent({}, { agentId: 'AGENT00002' }),
    ]);

    const { agentAliasSummaries } = await control.send(new ListAgentAliasesCommand({ agentId: 'AGENT12345' }));

    expect(agentAliasSummaries).toMatchObject([
      { agentAliasId: 'ALIAS12345', agentAliasName: 'production', agentAliasStatus: 'PREPARED' },
      { agentAliasId: 'TSTALIASID', routingConfiguration: [{ agentVersion: 'DRAFT' }] },
    ]);
    await expect(control.send(new ListAgentAliasesCommand({ agentId: 'AGENT99999' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
    await expect(control.send(new ListAgentAliasesCommand({ agentId: 'short' }))).rejects.toMatchObject({
      name: 'ValidationException',
    });
  });
});
