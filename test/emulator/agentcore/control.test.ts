import {
  GetAgentRuntimeCommand,
  ListAgentRuntimeEndpointsCommand,
  ListAgentRuntimesCommand,
  paginateListAgentRuntimes,
} from '@aws-sdk/client-bedrock-agentcore-control';
import { describe, expect, it } from 'vitest';
import { ARN, agentCoreForTests, echo } from './place.js';

const place = agentCoreForTests();

describe('the control plane', () => {
  it('lists every runtime once, page by page', async () => {
    const arns = ['a', 'b', 'c', 'd', 'e'].map((name) => ARN.replace('orders', name));
    const { control } = await place.start({ runtimes: arns.map((arn) => echo({ arn })) });
    const seen: (string | undefined)[] = [];
    let pages = 0;

    for await (const page of paginateListAgentRuntimes({ client: control, pageSize: 2 }, {})) {
      seen.push(...(page.agentRuntimes ?? []).map(({ agentRuntimeArn }) => agentRuntimeArn));
      pages++;
    }

    expect([seen, pages]).toEqual([arns, 3]);
  });

  it('tells what a runtime is', async () => {
    const { control, clock } = await place.start({
      runtimes: [echo({ status: 'UPDATING', description: 'Orders', qualifiers: ['DEFAULT', 'prod'] })],
    });

    const { agentRuntimes } = await control.send(new ListAgentRuntimesCommand({}));
    const runtime = await control.send(new GetAgentRuntimeCommand({ agentRuntimeId: 'orders-Ab12Cd34Ef' }));
    const { runtimeEndpoints } = await control.send(
      new ListAgentRuntimeEndpointsCommand({ agentRuntimeId: 'orders-Ab12Cd34Ef' }),
    );

    const summary = {
      agentRuntimeArn: ARN,
      agentRuntimeId: 'orders-Ab12Cd34Ef',
      agentRuntimeName: 'orders',
      description: 'Orders',
      lastUpdatedAt: new Date(clock.now()),
      status: 'UPDATING',
    };
    expect(agentRuntimes).toMatchObject([summary]);
    expect(runtime).toMatchObject({ ...summary, roleArn: 'arn:aws:iam::123456789012:role/agent' });
    expect(runtimeEndpoints?.map(({ name, status }) => [name, status])).toEqual([
      ['DEFAULT', 'READY'],
      ['prod', 'READY'],
    ]);
  });

  it('knows no other runtime, and no other page', async () => {
    const { control } = await place.start({ runtimes: [echo()] });

    await expect(control.send(new GetAgentRuntimeCommand({ agentRuntimeId: 'x-1' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
    await expect(control.send(new ListAgentRuntimesCommand({ nextToken: 'x' }))).rejects.toMatchObject({
      name: 'ValidationException',
    });
  });
});
