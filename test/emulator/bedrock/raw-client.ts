import { createHmac } from 'node:crypto';
import { connect } from 'node:http2';
import { decodeFrame, encodeFrame, FrameReader, type HeaderValue } from '../../../src/emulator/aws/event-stream.js';
import { canonicalRequest, sha256, signingKey } from '../../../src/emulator/aws/signature.js';
import type { BedrockEmulator } from '../../../src/emulator/bedrock/server.js';
import { SignatureChain, STREAMING_PAYLOAD } from '../../../src/emulator/bedrock/signature.js';

/** What a hand-made client may do to the frames that it sends. */
export interface RawPlan {
  /** Makes the bytes of each outer frame out of its signed headers and payload. */
  frames(signed: (payload: Uint8Array) => Buffer): Buffer[];
}

/** Sends the frames of `plan` after a good request, ends the input, and gives the name and text of the exception. */
export async function sendRaw(bedrock: BedrockEmulator, plan: RawPlan): Promise<{ type: string; message: string }> {
  const { accessKeyId, secretAccessKey } = bedrock.credentials;
  const path = '/model/amazon.nova-2-sonic-v1%3A0/invoke-with-bidirectional-stream';
  const headers: Record<string, string> = {
    ':authority': new URL(bedrock.url).host,
    'content-type': 'application/vnd.amazon.eventstream',
    'x-amz-content-sha256': STREAMING_PAYLOAD,
    'x-amz-date': '20260102T030405Z',
  };
  const names = Object.keys(headers);
  const scope = `20260102/${bedrock.region}/bedrock/aws4_request`;
  const hash = sha256(canonicalRequest({ method: 'POST', path, headers }, names, STREAMING_PAYLOAD, 'bedrock'));
  const key = signingKey(secretAccessKey, '20260102', bedrock.region, 'bedrock');
  const toSign = `AWS4-HMAC-SHA256\n20260102T030405Z\n${scope}\n${hash}`;
  const seed = createHmac('sha256', key).update(toSign).digest('hex');
  const authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${seed}`;
  const chain = new SignatureChain(key, scope, seed);

  const session = connect(bedrock.url);
  const stream = session.request({ ':method': 'POST', ':path': path, ...headers, authorization });
  const frames = plan.frames((payload) => encodeFrame(chain.sign(1_767_323_045_123, payload), payload));
  for (const frame of frames) stream.write(frame);
  stream.end();
  const reader = new FrameReader();
  let result = { type: '', message: '' };
  for await (const bytes of stream) {
    for (const frame of reader.push(bytes as Buffer)) {
      const type = String(frame.headers.get(':exception-type')?.value ?? '');
      result = { type, message: String(JSON.parse(Buffer.from(frame.payload).toString()).message) };
    }
  }
  await new Promise<void>((resolve) => session.close(resolve));
  return result;
}

/** The inner frame of an event, with headers as they should be unless given otherwise. */
export function innerFrame(json: string, changes: Readonly<Record<string, string>> = {}): Buffer {
  const headers = {
    ':event-type': 'chunk',
    ':message-type': 'event',
    ':content-type': 'application/json',
    ...changes,
  };
  const typed = Object.entries(headers).map(([name, value]): [string, HeaderValue] => [
    name,
    { type: 'string', value },
  ]);
  const frame = encodeFrame(
    new Map(typed),
    Buffer.from(JSON.stringify({ bytes: Buffer.from(json).toString('base64') })),
  );
  decodeFrame(frame);
  return frame;
}
