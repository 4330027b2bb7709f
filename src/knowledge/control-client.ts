import { type AwsPlace, awsSettings } from '../aws.js';
import { lazyClient } from '../lazy-client.js';
import { administrationFailure } from './failure.js';

const ATTEMPTS = 3;
const INACTIVITY_LIMIT_MS = 30_000;

/** The control plane of Bedrock knowledge bases; what fails is thrown as an error of administration. */
export function controlClient(place: AwsPlace) {
  const control = lazyClient(
    () => import('@aws-sdk/client-bedrock-agent'),
    (sdk) =>
      new sdk.BedrockAgentClient(awsSettings(place, { maxAttempts: ATTEMPTS, inactivityLimitMs: INACTIVITY_LIMIT_MS })),
  );
  return {
    async ask<Answer>(work: (opened: Awaited<ReturnType<typeof control.open>>) => Promise<Answer>): Promise<Answer> {
      try {
        return await work(await control.open());
      } catch (error) {
        throw administrationFailure(error, 'Amazon Bedrock');
      }
    },
    close: () => control.close(),
  };
}

export type ControlClient = ReturnType<typeof controlClient>;
