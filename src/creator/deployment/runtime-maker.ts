import type { AgentRuntimes } from '../../agents/agent-runtimes.js';
import { type AwsPlace, awsSettings } from '../../aws.js';
import { type Clock, pause } from '../../clock.js';
import { BridgeError } from '../../errors.js';
import { lazyClient } from '../../lazy-client.js';
import { troubleOf } from '../../service-failure.js';
import { awsFailure } from '../aws-refusal.js';

const ATTEMPTS = 3;
const FIRST_PAUSE_MS = 500;
const MOST_PAUSE_MS = 5000;
const LIMIT_MS = 300_000;

/** A runtime as it is to be. */
export interface RuntimeOrder {
  readonly name: string;
  readonly description: string;
  readonly roleArn: string;
  /** The zip. */
  readonly bucket: string;
  readonly key: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** Makes runtimes over AgentCore's control plane. Source: AgentCore, CreateAgentRuntime, UpdateAgentRuntime, GetAgentRuntime. */
export function runtimeMaker(place: AwsPlace, runtimes: Pick<AgentRuntimes, 'list'>, clock: Clock) {
  const aws = lazyClient(
    () => import('@aws-sdk/client-bedrock-agentcore-control'),
    (sdk) => new sdk.BedrockAgentCoreControlClient(awsSettings(place, { maxAttempts: ATTEMPTS })),
  );

  const refused = (error: unknown, right: string, signal: AbortSignal) => {
    signal.throwIfAborted();
    return awsFailure(error, 'AgentCore', right);
  };

  const get = async (agentRuntimeId: string, signal: AbortSignal) => {
    const { sdk, client } = await aws.open();
    return client.send(new sdk.GetAgentRuntimeCommand({ agentRuntimeId }), { abortSignal: signal }).catch((error) => {
      throw refused(error, 'bedrock-agentcore:GetAgentRuntime', signal);
    });
  };

  /** The id of the runtime that is being made, or of the one that is there already and fit. */
  const begin = async (order: RuntimeOrder, signal: AbortSignal): Promise<string> => {
    const { sdk, client } = await aws.open();
    const { name, description, roleArn, bucket, key, environment } = order;
    const what = {
      description,
      roleArn,
      agentRuntimeArtifact: {
        codeConfiguration: {
          code: { s3: { bucket, prefix: key } },
          runtime: 'PYTHON_3_13' as const,
          entryPoint: ['agent.py'],
        },
      },
      networkConfiguration: { networkMode: 'PUBLIC' as const },
      protocolConfiguration: { serverProtocol: 'HTTP' as const },
      environmentVariables: { ...environment },
    };
    const right = `bedrock-agentcore:CreateAgentRuntime and UpdateAgentRuntime, and iam:PassRole on ${roleArn}`;
    const options = { abortSignal: signal };
    try {
      const created = await client.send(
        new sdk.CreateAgentRuntimeCommand({ agentRuntimeName: name, ...what }),
        options,
      );
      return created.agentRuntimeId!;
    } catch (error) {
      if (!/^Conflict/.test(troubleOf(error).name)) throw refused(error, right, signal);
    }
    // There is one of this name: of an earlier try.
    const found = (await runtimes.list(signal)).find((each) => each.name === name);
    const agentRuntimeId = found?.arn.split('/').at(-1);
    if (!agentRuntimeId) throw new BridgeError('AWS_UNREACHABLE', `AgentCore is still busy with the runtime ${name}.`);
    const { status = '', agentRuntimeArtifact } = await get(agentRuntimeId, signal);
    const isSame = agentRuntimeArtifact?.codeConfiguration?.code?.s3?.prefix === key;
    if (isSame && !/FAILED$/.test(status)) return agentRuntimeId;
    try {
      await client.send(new sdk.UpdateAgentRuntimeCommand({ agentRuntimeId, ...what }), options);
    } catch (error) {
      throw refused(error, right, signal);
    }
    return agentRuntimeId;
  };

  return {
    /** Resolves with the ARN of the runtime that is READY. Rejects with AWS_REFUSED, AWS_UNREACHABLE. */
    async make(order: RuntimeOrder, signal: AbortSignal): Promise<string> {
      const id = await begin(order, signal);
      const lateAtMs = clock.now() + LIMIT_MS;
      for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, MOST_PAUSE_MS)) {
        const { status = '', failureReason, agentRuntimeArn } = await get(id, signal);
        if (status === 'READY') return agentRuntimeArn!;
        if (/FAILED$|^DELETING$/.test(status)) {
          const why = failureReason ?? 'It gives no reason.';
          throw new BridgeError(
            'AWS_REFUSED',
            `AgentCore could not make the runtime ${order.name} (${status}): ${why}`,
          );
        }
        if (clock.now() >= lateAtMs) {
          const message = `AgentCore has not made the runtime ${order.name} within ${LIMIT_MS / 1000} s (${status}).`;
          throw new BridgeError('AWS_UNREACHABLE', message);
        }
        await pause(clock, pauseMs, signal);
        signal.throwIfAborted();
      }
    },

    close() {
      aws.close();
    },
  };
}
