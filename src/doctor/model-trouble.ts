import type { StreamFailure } from '../sonic/outcome.js';
import { awsTrouble } from './aws-trouble.js';
import type { Finding } from './check.js';
import { POLICY_HINT } from './installation.js';

/** Where each generation was to be had when this was written; the service knows better. */
const REGIONS_HINT =
  'Nova 2 Sonic was to be had in us-east-1, us-west-2, eu-north-1 and ap-northeast-1, the first Nova Sonic in us-east-1, eu-north-1 and ap-northeast-1.';

/** What a model stream that failed means, and what to do. Source: Bedrock API reference, common errors. */
export function modelTrouble(
  failure: StreamFailure,
  { modelId, region, host }: { modelId: string; region: string; host: string },
): Finding {
  const { name, message, httpStatus } = failure;
  const words = message.replace(/\s+/g, ' ').trim();
  const failed = (says: string, advice: string): Finding => ({ state: 'failed', says: `${says}: ${words}`, advice });
  const resource = modelId.startsWith('arn:') ? modelId : `arn:aws:bedrock:${region}::foundation-model/${modelId}`;

  if (/^AccessDenied/.test(name) || (httpStatus === 403 && name === 'UnknownError')) {
    if (/access to the model|model access|marketplace|use case details/i.test(words)) {
      return failed(
        `${modelId} is not enabled for this account in ${region}`,
        `Enable it in the Bedrock console of ${region} (Model access), with an identity that may subscribe to models.`,
      );
    }
    if (/API keys? (is|are) not|bearer/i.test(words)) {
      return failed(
        'Bedrock API keys do not work for voice streams',
        'Use credentials that sign requests: a role, a profile, or an access key.',
      );
    }
    if (/explicit deny/i.test(words)) {
      return failed(
        'a policy forbids it',
        'An explicit deny beats every allow: look at service control policies, permissions boundaries and region restrictions.',
      );
    }
    return failed(
      'these credentials may not use the model',
      `Allow bedrock:InvokeModelWithBidirectionalStream and bedrock:InvokeModel on ${resource}. ${POLICY_HINT}`,
    );
  }
  if (/^ResourceNotFound/.test(name) || /model identifier|foundation model/i.test(words)) {
    return failed(
      `there is no ${modelId} in ${region}`,
      `Check NOVA_MODEL_ID (a plain model id, no inference profile) and AWS_REGION, or NOVA_REGIONS. ${REGIONS_HINT}`,
    );
  }
  if (/^ModelNotReady/.test(name)) return failed(`${modelId} is not ready`, 'Ask again in a few minutes.');
  const trouble = awsTrouble(failure, host);
  if (trouble) return trouble;
  if (/^(UnknownOperation|NotFound)/.test(name) || httpStatus === 404) {
    return failed(`${host} is not the Bedrock runtime`, 'Check AWS_ENDPOINT_URL_BEDROCK_RUNTIME and AWS_ENDPOINT_URL.');
  }
  if (name === 'ConnectionLost') {
    return failed(
      `the connection to ${host} was lost`,
      'HTTP/2 must get through to it from here: a proxy that only speaks HTTP/1.1, or cuts TLS open, is no way to it.',
    );
  }
  return failed(
    `${name} of ${modelId} in ${region}`,
    'Ask again in a minute; if it stays, AWS support knows these words.',
  );
}
