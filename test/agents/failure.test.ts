import { describe, expect, it } from 'vitest';
import { failure, failureFrom, failureOf } from '../../src/agents/failure.js';
import { BridgeError } from '../../src/errors.js';
import { reasonBehind } from '../../src/service-failure.js';

const live = new AbortController().signal;

describe('the reason for a failure', () => {
  it.each([
    ['ThrottlingException', 429, 'throttled'],
    ['ServiceQuotaExceededException', 402, 'throttled'],
    ['ResourceNotFoundException', 404, 'not-found'],
    ['ValidationException', 400, 'refused'],
    ['AccessDeniedException', 403, 'credentials'],
    ['Unknown', 403, 'credentials'],
    ['CERT_HAS_EXPIRED', undefined, 'unavailable'],
    ['SlowDown', 503, 'throttled'],
    ['ExpiredTokenException', 403, 'credentials'],
    ['UnauthorizedException', 401, 'credentials'],
    ['CredentialsProviderError', undefined, 'credentials'],
    ['RetryableConflictException', 409, 'conflict'],
    ['Unknown', 409, 'conflict'],
    ['ModelNotReadyException', 424, 'throttled'],
    ['InternalServerException', 500, 'unavailable'],
    ['RuntimeClientError', 424, 'agent-error'],
    ['DependencyFailedException', 424, 'agent-error'],
    ['ECONNREFUSED', undefined, 'unavailable'],
    ['Unknown', 503, 'unavailable'],
    ['Unknown', 429, 'throttled'],
    ['Unknown', 418, 'refused'],
    ['SyntaxError', 200, 'bad-answer'],
    ['SyntaxError', 502, 'unavailable'],
  ])('%s with status %s is %s', (name, status, reason) => {
    expect(reasonBehind({ name, status, message: '' })).toBe(reason);
  });

  it('of a machine that did not start is not the agent', () => {
    const message = 'Runtime initialization time exceeded. Please make sure that initialization completes in 60s.';

    expect(reasonBehind({ name: 'RuntimeClientError', status: 424, message })).toBe('unavailable');
  });
});

describe('a failure', () => {
  it('is worded for the model', () => {
    expect(failure('throttled', 'the agent')).toMatchObject({
      code: 'TOOL_FAILED',
      message: 'the agent is busy at the moment',
      details: { reason: 'throttled', retryable: true },
    });
  });

  it('repeats what the agent said, and never more than 300 characters', () => {
    const { message } = failure('agent-error', 'the agent', { words: 'no '.repeat(500) });

    expect(message).toMatch(/^the agent: no no/);
    expect(message).toHaveLength(300);
  });

  it('keeps words about requests and policies for the operator', () => {
    const trouble = { name: 'AccessDeniedException', status: 403, message: 'User is not authorized to perform it' };

    expect(failureFrom(trouble, 'the agent')).toMatchObject({
      message: 'the agent does not let this telephone system in',
      details: { service: 'AccessDeniedException: User is not authorized to perform it', status: 403 },
    });
  });

  it('of a quota is not worth a second try', () => {
    const trouble = { name: 'ServiceQuotaExceededException', status: 402, message: '' };

    expect(failureFrom(trouble, 'the agent').details).toMatchObject({ reason: 'throttled', retryable: false });
  });

  it('that is one already stays as it is', () => {
    const error = new BridgeError('TOOL_FAILED', 'x');

    expect(failureOf(error, 'the agent', live)).toBe(error);
  });

  it('of what was given up says so, whatever was thrown', () => {
    expect(failureOf(new Error('socket hang up'), 'the agent', AbortSignal.abort()).details).toEqual({
      reason: 'cancelled',
      retryable: false,
    });
  });
});
