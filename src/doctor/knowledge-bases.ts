import type { AgentNeeds } from './agent-needs.js';
import { observedSettings } from './aws-client.js';
import type { Check } from './check.js';
import { type Installation, type Known, placeOf } from './installation.js';
import { type OpenService, serviceCheck } from './service-check.js';
import { serviceTrouble } from './service-trouble.js';

const QUESTION = 'What is in here?';

/** Each knowledge base is looked at and asked once. */
export function knowledgeBasesCheck(installation: Installation, known: Known): Check {
  return serviceCheck({
    name: 'knowledge bases',
    known,
    named: ({ knowledgeBases }) => knowledgeBases,
    open: () => openBases(installation),
  });
}

async function openBases(installation: Installation): Promise<OpenService<AgentNeeds['knowledgeBases'][number]>> {
  const [sdk, control] = await Promise.all([
    import('@aws-sdk/client-bedrock-agent-runtime'),
    import('@aws-sdk/client-bedrock-agent'),
  ]);
  const place = placeOf(installation, 'knowledgeBases');
  const { region } = place;
  const asking = observedSettings(place);
  const administering = observedSettings(place);
  const client = new sdk.BedrockAgentRuntimeClient(asking.settings);
  const administrator = new control.BedrockAgentClient(administering.settings);

  return {
    async list(abortSignal) {
      try {
        await administrator.send(new control.ListKnowledgeBasesCommand({ maxResults: 1 }), { abortSignal });
        return { state: 'ok', says: 'knowledge bases can be listed' };
      } catch (error) {
        return serviceTrouble(error, {
          thing: 'knowledge bases',
          verb: 'list',
          actions: ['bedrock:ListKnowledgeBases'],
          resource: '*',
          region,
          absent: 'Check AWS_REGION.',
          host: administering.host(),
        });
      }
    },

    async look({ knowledgeBaseId }, abortSignal) {
      const about = {
        thing: `the knowledge base ${knowledgeBaseId}`,
        resource: `arn:aws:bedrock:${region}:*:knowledge-base/${knowledgeBaseId}`,
        region,
        absent:
          'Correct `knowledgeBaseId` of the tool (GET /api/knowledge-bases lists what is there), or AWS_REGION: the bridge asks those of its own region only.',
      };
      let name = knowledgeBaseId;
      try {
        const { knowledgeBase } = await administrator.send(new control.GetKnowledgeBaseCommand({ knowledgeBaseId }), {
          abortSignal,
        });
        if (knowledgeBase?.name !== undefined) name = `${knowledgeBase.name} (${knowledgeBaseId})`;
        if (knowledgeBase?.status !== 'ACTIVE') {
          return {
            state: 'failed',
            says: `the knowledge base ${name} is ${knowledgeBase?.status ?? 'in no known state'}`,
            advice: [...(knowledgeBase?.failureReasons ?? []), 'It can be asked once it is ACTIVE.'].join(' '),
          };
        }
      } catch (error) {
        const [verb, actions, host] = ['look at', ['bedrock:GetKnowledgeBase'], administering.host()] as const;
        return serviceTrouble(error, { ...about, verb, actions, host });
      }
      try {
        const question = new sdk.RetrieveCommand({ knowledgeBaseId, retrievalQuery: { text: QUESTION } });
        const { retrievalResults = [] } = await client.send(question, { abortSignal });
        if (retrievalResults.length > 0) return { state: 'ok', says: `${name} answers` };
        return {
          state: 'warning',
          says: `${name} answers, but nothing is in it`,
          advice: `Fill it: POST /api/knowledge-bases/${knowledgeBaseId}/ingestions.`,
        };
      } catch (error) {
        return serviceTrouble(error, { ...about, verb: 'ask', actions: ['bedrock:Retrieve'], host: asking.host() });
      }
    },

    close() {
      client.destroy();
      administrator.destroy();
    },
  };
}
