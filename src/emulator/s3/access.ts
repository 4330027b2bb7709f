import type { IncomingMessage } from 'node:http';
import { type SigningScope, verifyRequest } from '../aws/signature.js';
import { headerOf, payloadHashOf } from './body.js';
import { accessDenied, S3Problem } from './problem.js';

/** Throws what S3 answers to a request that is not signed as it must be. Source: Amazon S3, list of error codes. */
export function checkSignature(request: IncomingMessage, scope: SigningScope): void {
  const { method = '', url = '/', headers } = request;
  const authorization = headerOf(headers, 'authorization');
  if (authorization === undefined) throw accessDenied();
  const [, accessKeyId, region] = /Credential=([^/]+)\/\d{8}\/([^/]+)\//.exec(authorization) ?? [];
  if (region !== undefined && accessKeyId === scope.credentials.accessKeyId && region !== scope.region) {
    throw new S3Problem(
      400,
      'AuthorizationHeaderMalformed',
      `The authorization header is malformed; the region '${region}' is wrong; expecting '${scope.region}'`,
      { Region: scope.region },
      { 'x-amz-bucket-region': scope.region },
    );
  }
  const verdict = verifyRequest({ method, path: url, headers }, payloadHashOf(headers), scope);
  if (verdict.ok) return;
  const { errorType, detail, message } = verdict;
  if (errorType === 'IncompleteSignatureException') {
    throw new S3Problem(400, 'AuthorizationHeaderMalformed', `The authorization header is malformed; ${detail}`);
  }
  if (errorType === 'UnrecognizedClientException') {
    if (accessKeyId === scope.credentials.accessKeyId) {
      throw new S3Problem(400, 'InvalidToken', 'The provided token is malformed or otherwise invalid.');
    }
    const words = 'The AWS Access Key Id you provided does not exist in our records.';
    throw new S3Problem(403, 'InvalidAccessKeyId', words, { AWSAccessKeyId: accessKeyId ?? '' });
  }
  if (errorType === 'InvalidSignatureException') {
    throw new S3Problem(403, 'SignatureDoesNotMatch', message, { Reason: detail });
  }
  throw accessDenied();
}
