import { describe, expect, it } from 'vitest';
import { arrived, carried } from '../../src/asking/carried-error.js';
import { BridgeError } from '../../src/errors.js';
import { toolFailed, troubleOf } from '../../src/service-failure.js';
import { failure, isRetryable } from '../../src/tools/failure.js';

const across = (error: unknown) => arrived(structuredClone(carried(error)));

describe('an error that is carried to another thread', () => {
  it('is the same to the belt: code, reason, words, what the service said, and whether to ask again', () => {
    const cause = Object.assign(new Error('Slow down.'), { name: 'ThrottlingException' });
    const error = toolFailed('throttled', 'the agent is busy at the moment', {
      details: { service: 'ThrottlingException: Slow down.', status: 429, unknown: undefined },
      cause,
    });

    const there = across(error);

    expect(there).toBeInstanceOf(BridgeError);
    expect(failure(there)).toEqual(failure(error));
    expect(isRetryable(there)).toBe(true);
    expect(there).toMatchObject({ cause: { name: 'ThrottlingException', message: 'Slow down.' } });
  });

  it.each([
    ['of the SDK', Object.assign(new Error('No.'), { name: 'AccessDenied', $metadata: { httpStatusCode: 403 } })],
    ['of an answer that is none', Object.assign(new Error('No.'), { $response: { statusCode: 502 } })],
    ['of Node', Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })],
    ['of nobody who waits', new DOMException('This operation was aborted', 'AbortError')],
  ])('%s has the same trouble', (_whose, error) => {
    expect(troubleOf(across(error))).toEqual(troubleOf(error));
  });

  it('need not be an error, nor end', () => {
    const endless = new Error('again');
    endless.cause = endless;

    expect(across('words').message).toBe('words');
    expect(across(endless).message).toBe('again');
  });

  it('is carried without what is no data', () => {
    const error = new BridgeError('TOOL_FAILED', 'no', { reason: 'refused', act: () => undefined });

    expect(across(error)).toMatchObject({ details: { reason: 'refused' } });
  });
});
