import type { AwsPlace } from '../aws.js';
import type { RuntimeNeed } from './agent-needs.js';
import { observedSettings } from './aws-client.js';
import { asAwsError } from './aws-trouble.js';
import type { Check, Finding } from './check.js';
import { type Installation, type Known, placeOf } from './installation.js';
import { type OpenService, serviceCheck } from './service-check.js';
import { serviceTrouble } from './service-trouble.js';

/** A cold start takes this long at worst. Source: AgentCore quotas. */
const LIMIT_MS = 130_000;
/** Callers wait as long for the first answer where the telephone did not ring long enough. */
const SLOW_MS = 10_000;
/** What no agent takes for a question: as the bridge does it while the telephone rings. */
const NO_QUESTION = ' ';

/** A session of each runtime, started without a question and ended again. */
export function agentCoreCheck(installation: Installation, known: Known): Check {
  return serviceCheck({
    name: 'AgentCore',
    known,
    limitMs: LIMIT_MS,
    named: ({ runtimes }) => runtimes,
    open: () => openAgentCore(installation),
  });
}

async function openAgentCore(installation: Installation): Promise<OpenService<RuntimeNeed>> {
  const [sdk, control] = await Promise.all([
    import('@aws-sdk/client-bedrock-agentcore'),
    import('@aws-sdk/client-bedrock-agentcore-control'),
  ]);
  const { clock, ids } = installation;
  const place = placeOf(installation, 'agentCore');
  const listing = observedSettings(place);
  const lister = new control.BedrockAgentCoreControlClient(listing.settings);
  const opened: { destroy(): void }[] = [lister];

  return {
    async list(abortSignal) {
      try {
        await lister.send(new control.ListAgentRuntimesCommand({ maxResults: 1 }), { abortSignal });
        return { state: 'ok', says: 'runtimes can be listed' };
      } catch (error) {
        return serviceTrouble(error, {
          thing: 'AgentCore runtimes',
          verb: 'list',
          actions: ['bedrock-agentcore:ListAgentRuntimes'],
          resource: '*',
          region: place.region,
          absent: 'Check AWS_REGION.',
          host: listing.host(),
        });
      }
    },

    async look({ agentRuntimeArn, qualifier, auth }, abortSignal): Promise<Finding> {
      const name = `${agentRuntimeArn.split('/').at(-1)} (${qualifier})`;
      if (auth !== 'sigv4') return { state: 'skipped', says: `${name} is signed in to by ${auth}, which is not tried` };
      const region = regionOf(agentRuntimeArn, place);
      const { settings, host } = observedSettings({ ...place, region });
      const client = new sdk.BedrockAgentCoreClient(settings);
      opened.push(client);
      const target = { agentRuntimeArn, qualifier, runtimeSessionId: `oratio-doctor-${ids.uuid()}` };
      const trouble = (error: unknown, verb: string, action: string) =>
        serviceTrouble(error, {
          thing: `the runtime ${name}`,
          verb,
          actions: [`bedrock-agentcore:${action}`],
          resource: `${agentRuntimeArn}*`,
          region,
          absent: 'Correct `agentRuntimeArn` and `qualifier` of the tool: GET /api/runtimes lists what is there.',
          host: host(),
        });

      const startMs = clock.now();
      const payload = {
        contentType: 'application/json',
        accept: 'application/json',
        payload: Buffer.from(NO_QUESTION),
      };
      try {
        const command = new sdk.InvokeAgentRuntimeCommand({ ...target, ...payload });
        const { response } = await client.send(command, { abortSignal });
        await response?.transformToByteArray();
      } catch (error) {
        if (!isOfContainer(error)) return trouble(error, 'ask', 'InvokeAgentRuntime');
      }
      const tookMs = Math.round(clock.now() - startMs);
      try {
        await client.send(new sdk.StopRuntimeSessionCommand(target), { abortSignal });
      } catch (error) {
        if (!/NotFound/.test(asAwsError(error).name)) {
          return { ...trouble(error, 'end sessions of', 'StopRuntimeSession'), state: 'warning' };
        }
      }
      const says = `${name} starts in ${tookMs} ms`;
      if (tookMs <= SLOW_MS) return { state: 'ok', says };
      return { state: 'warning', says, advice: 'Callers may have to wait for it: make its container smaller.' };
    },

    close() {
      for (const client of opened) client.destroy();
    },
  };
}

/** The runtime runs, and its code says that this is no question. */
function isOfContainer(error: unknown): boolean {
  const { name, message } = asAwsError(error);
  return /^(RuntimeClientError|DependencyFailed)/.test(name) && !/initialization time exceeded/i.test(message);
}

/** As the bridge does it: the region of the ARN, unless an end point is given. */
function regionOf(arn: string, place: AwsPlace & { readonly region: string }): string {
  return place.endpoint === undefined ? (arn.split(':')[3] ?? place.region) : place.region;
}
