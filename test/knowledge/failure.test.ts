import { describe, expect, it } from 'vitest';
import { BridgeError } from '../../src/errors.js';
import { administrationFailure, searchFailure } from '../../src/knowledge/failure.js';

const failed = (name: string, status?: number, code?: string) =>
  Object.assign(new Error('the words of the service'), { name, $metadata: { httpStatusCode: status }, code });

describe('a failure of a service', () => {
  it.each([
    [failed('ThrottlingException', 429), 'throttled', 'TOO_MANY_REQUESTS', true],
    [failed('TooManyRequestsException', 429), 'throttled', 'TOO_MANY_REQUESTS', true],
    [failed('ServiceQuotaExceededException', 402), 'throttled', 'TOO_MANY_REQUESTS', false],
    [failed('ModelNotReadyException', 424), 'throttled', 'TOO_MANY_REQUESTS', true],
    [failed('ResourceNotFoundException', 404), 'not-found', 'NOT_FOUND', false],
    [failed('ValidationException', 400), 'refused', 'REQUEST_INVALID', false],
    [failed('ConflictException', 409), 'conflict', 'CONFLICT', true],
    [failed('AccessDeniedException', 403), 'credentials', 'AWS_REFUSED', false],
    [failed('CredentialsProviderError'), 'credentials', 'AWS_REFUSED', false],
    [failed('ExpiredTokenException', 403), 'credentials', 'AWS_REFUSED', false],
    [failed('InternalServerException', 500), 'unavailable', 'AWS_UNREACHABLE', true],
    [failed('DependencyFailedException', 424), 'unavailable', 'AWS_UNREACHABLE', true],
    [failed('Error', undefined, 'ECONNREFUSED'), 'unavailable', 'AWS_UNREACHABLE', true],
    [failed('TimeoutError'), 'unavailable', 'AWS_UNREACHABLE', true],
    [failed('Unknown', 502), 'unavailable', 'AWS_UNREACHABLE', true],
    [failed('Unknown', 403), 'credentials', 'AWS_REFUSED', false],
    [failed('SyntaxError', 200), 'bad-answer', 'AWS_UNREACHABLE', false],
  ] as const)('is named for calls and for administrators: %s', (error, reason, code, retryable) => {
    expect(searchFailure(error, 'the document search')).toMatchObject({
      code: 'TOOL_FAILED',
      details: { reason, retryable },
    });
    expect(administrationFailure(error, 'S3 Vectors')).toMatchObject({
      code,
      message: `S3 Vectors: ${error.code ?? error.name}: the words of the service`,
    });
  });

  it('says nothing of the inside to callers', () => {
    const { message } = searchFailure(failed('AccessDeniedException', 403), 'the document search');

    expect(message).toBe('the document search does not let this telephone system in');
  });

  it('is not to be repeated when nobody waits any longer', () => {
    const stop = new AbortController();
    stop.abort();

    expect(searchFailure(failed('AbortError'), 'the document search', stop.signal)).toMatchObject({
      details: { retryable: false },
    });
  });

  it('stays what it is when it is one of ours already', () => {
    const error = new BridgeError('CONFLICT', 'The index has other dimensions.');

    expect(administrationFailure(error, 'S3 Vectors')).toBe(error);
    expect(searchFailure(error, 'the document search')).toBe(error);
  });
});
