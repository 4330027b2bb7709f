import { createHmac, timingSafeEqual } from 'node:crypto';
import { type EventFrame, encodeHeaders, type HeaderValue } from '../aws/event-stream.js';
import { type Credentials, type SignedRequest, sha256, verifyRequest } from '../aws/signature.js';

export type StreamVerdict =
  | { ok: true; chain: SignatureChain }
  | { ok: false; errorType: string; message: string; detail: string };

/** The literal in place of a payload hash: each frame of the body is signed for itself. */
export const STREAMING_PAYLOAD = 'STREAMING-AWS4-HMAC-SHA256-EVENTS';

/**
 * Checks a request's Signature Version 4 and, if it holds, starts the chain that its frames must continue.
 * Source: AWS Signature Version 4 for API requests; Smithy, event stream signing.
 */
export function verifyStreamRequest(request: SignedRequest, credentials: Credentials, region: string): StreamVerdict {
  const verdict = verifyRequest(request, STREAMING_PAYLOAD, { service: 'bedrock', region, credentials });
  if (!verdict.ok) return verdict;
  return { ok: true, chain: new SignatureChain(verdict.key, verdict.scope, verdict.signature) };
}

/** The chain of frame signatures of one request: each covers the one before it. */
export class SignatureChain {
  readonly #key: Buffer;
  readonly #scope: string;
  #prior: string;

  constructor(key: Buffer, scope: string, seed: string) {
    this.#key = key;
    this.#scope = scope;
    this.#prior = seed;
  }

  /** Why the frame's signature does not hold, or undefined when it does; then the chain has moved on. */
  check(frame: EventFrame): string | undefined {
    const date = frame.headers.get(':date');
    const given = frame.headers.get(':chunk-signature');
    if (date?.type !== 'timestamp') return 'the frame has no :date';
    if (given?.type !== 'bytes' || given.value.length !== 32) return 'the frame has no :chunk-signature of 32 bytes';
    if (frame.headers.size !== 2) return 'the frame has headers besides :date and :chunk-signature';
    const expected = this.#sign(date.value, frame.payload);
    if (!timingSafeEqual(expected, given.value)) return 'the frame signature is wrong';
    this.#prior = expected.toString('hex');
    return undefined;
  }

  /** Signs a payload as the next link: the two headers of its outer frame. */
  sign(dateMs: number, payload: Uint8Array): Map<string, HeaderValue> {
    const signature = this.#sign(dateMs, payload);
    this.#prior = signature.toString('hex');
    return new Map<string, HeaderValue>([
      [':date', { type: 'timestamp', value: dateMs }],
      [':chunk-signature', { type: 'bytes', value: signature }],
    ]);
  }

  #sign(dateMs: number, payload: Uint8Array): Buffer {
    const dateHeader = encodeHeaders(new Map([[':date', { type: 'timestamp', value: dateMs }]]));
    const toSign = [
      'AWS4-HMAC-SHA256-PAYLOAD',
      basicDate(dateMs),
      this.#scope,
      this.#prior,
      sha256(dateHeader),
      sha256(payload),
    ].join('\n');
    return createHmac('sha256', this.#key).update(toSign).digest();
  }
}

function basicDate(dateMs: number): string {
  return new Date(dateMs)
    .toISOString()
    .replace(/\.\d{3}Z$/, 'Z')
    .replace(/[-:]/g, '');
}
