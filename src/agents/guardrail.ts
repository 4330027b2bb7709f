import { type AwsPlace, awsSettings } from '../aws.js';
import { readied } from '../early-connections.js';
import { lazyClient } from '../lazy-client.js';
import { failureOf } from './failure.js';

export interface Guardrail {
  readonly guardrailId: string;
  readonly guardrailVersion: string;
}

export interface Guardrails {
  /** The text as the guardrail lets it pass, or its words to say instead when it is blocked. Throws TOOL_FAILED. */
  check(guardrail: Guardrail, text: string, signal: AbortSignal): Promise<{ text: string; blocked: boolean }>;
  /** Loads what the first check would have to wait for, and opens its connection. Rejects when there can be none. */
  load(): Promise<void>;
  close(): void;
}

const WHO = 'the guardrail';
/** Sixty times a result of a spoken size, which comes back with a note on each thing that was found in it. */
const MAX_ANSWER_BYTES = 256 * 1024;

/**
 * Looks texts over with guardrails of Amazon Bedrock. Source: Amazon Bedrock, ApplyGuardrail: what it masks comes back as
 * an output, what it blocks as its message; only the assessments tell them apart.
 */
export function guardrails({ place }: { place: AwsPlace }): Guardrails {
  const aws = lazyClient(
    () => import('@aws-sdk/client-bedrock-runtime'),
    (sdk) => new sdk.BedrockRuntimeClient(awsSettings(place, { opensEarly: true, maxAnswerBytes: MAX_ANSWER_BYTES })),
  );
  return {
    async check({ guardrailId, guardrailVersion }, text, signal) {
      const { sdk, client } = await aws.open();
      const command = new sdk.ApplyGuardrailCommand({
        guardrailIdentifier: guardrailId,
        guardrailVersion,
        source: 'OUTPUT',
        content: [{ text: { text } }],
      });
      const answer = await client.send(command, { abortSignal: signal }).catch((error: unknown) => {
        throw failureOf(error, WHO, signal);
      });
      const { action, outputs = [], assessments = [] } = answer;
      if (action !== 'GUARDRAIL_INTERVENED') return { text, blocked: false };
      const isBlocked = /"action":"BLOCKED"/.test(JSON.stringify(assessments));
      return { text: outputs.map((output) => output.text ?? '').join(' '), blocked: isBlocked };
    },
    async load() {
      const { sdk, client } = await aws.open();
      await readied(client, sdk.ApplyGuardrailCommand);
    },
    close() {
      aws.close();
    },
  };
}
