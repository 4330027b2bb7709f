import { createHash, createHmac } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { SignatureV4 } from '@smithy/signature-v4';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameWriter, makeAudioEnvelope } from '../../src/sonic/event-frame.js';
import { FrameReader, MAX_FRAME_BYTES, readChunk, readStringHeaders } from '../../src/sonic/frame-reader.js';
import { FrameSigner, frameDate } from '../../src/sonic/frame-signer.js';
import { CHUNK_HEADERS, codec, encodeChunk, encodeFrame, KEYS } from './h2-server.js';

const SEED = {
  secretAccessKey: KEYS.secretAccessKey,
  region: 'us-east-1',
  service: 'bedrock',
  signature: 'ab'.repeat(32),
};
const HEAD = '{"event":{"audioInput":{"promptName":"p","contentName":"c","content":"';
const TAIL = '"}}}';

/** The hash that the SDK's signer asks for, in the shape it expects. */
class Sha256 {
  readonly #hash;
  constructor(key?: string | Uint8Array) {
    this.#hash = key === undefined ? createHash('sha256') : createHmac('sha256', key as Uint8Array);
  }
  update(bytes: string | Uint8Array): void {
    this.#hash.update(bytes as Uint8Array);
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
  reset(): void {
    throw new Error('not needed');
  }
}

const sdkSigner = new SignatureV4({
  credentials: KEYS,
  region: SEED.region,
  service: SEED.service,
  sha256: Sha256 as never,
});

function innerText(frame: Uint8Array): string {
  const inner = codec.decode(codec.decode(frame).body);
  const { bytes } = JSON.parse(Buffer.from(inner.body).toString()) as { bytes: string };
  return Buffer.from(bytes, 'base64').toString();
}

describe('frame writer', () => {
  it('signs frame after frame as the SDK does, also over seconds and over midnight UTC', async () => {
    let nowMs = Date.UTC(2026, 11, 31, 23, 59, 57, 250);
    const writer = new FrameWriter(new FrameSigner(SEED), () => nowMs);
    const envelope = makeAudioEnvelope(HEAD, TAIL);
    let priorSignature = SEED.signature;
    for (let number = 0; number < 24; number++) {
      const text = `{"event":{"textInput":{"content":"ä ${'x'.repeat(number)}"}}}`;
      const isLast = number === 23;
      const frame = isLast
        ? writer.empty()
        : number % 2
          ? writer.event(text)
          : writer.audio(envelope, Buffer.alloc(640, number));
      const { headers, body } = codec.decode(frame);
      const signature = Buffer.from(headers[':chunk-signature']?.value as Uint8Array).toString('hex');
      const signingDate = headers[':date']?.value as Date;

      const expected = await sdkSigner.sign(
        { message: { headers: { ':date': { type: 'timestamp', value: signingDate } }, body }, priorSignature },
        { signingDate },
      );

      expect({ number, signature }).toEqual({ number, signature: expected.signature });
      expect(signingDate.getTime()).toBe(Math.floor(nowMs / 1000) * 1000);
      expect(Object.keys(headers)).toEqual([':date', ':chunk-signature']);
      expect(body.byteLength === 0).toBe(isLast);
      priorSignature = signature;
      nowMs += 300;
    }
  });

  it('builds audio frames whose JSON holds exactly the audio, whatever the lengths', () => {
    const writer = new FrameWriter(new FrameSigner(SEED), () => 0);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 4000 }), fc.string({ maxLength: 5 }), fc.string(), (audio, name, more) => {
        const head = `{"event":{"audioInput":{"contentName":${JSON.stringify(name)},"content":"`;
        const tail = `","more":${JSON.stringify(more)}}}}`;
        const content = Buffer.from(audio).toString('base64');

        const text = innerText(writer.audio(makeAudioEnvelope(head, tail), Buffer.from(audio)));

        expect(text.replace(/^\{ {0,2}/, '{')).toBe(head + content + tail);
        expect(JSON.parse(text)).toEqual({ event: { audioInput: { contentName: name, content, more } } });
      }),
    );
  });

  it('keeps the text of events to the byte', () => {
    const writer = new FrameWriter(new FrameSigner(SEED), () => 0);
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (content) => {
        const text = JSON.stringify({ event: { textInput: { content } } });

        expect(innerText(writer.event(text))).toBe(text);
      }),
    );
  });

  it('makes the date once a second', () => {
    expect(frameDate(1_000_000)).toBe(frameDate(1_000_999));
    expect(frameDate(1_001_000).text).toBe('19700101T001641Z');
  });
});

function readAll(chunks: Buffer[]): { frames: Buffer[]; isPartial: boolean } {
  const frames: Buffer[] = [];
  const reader = new FrameReader(({ whole }) => frames.push(Buffer.from(whole)));
  for (const chunk of chunks) reader.push(chunk);
  return { frames, isPartial: reader.isPartial };
}

function withPrelude(totalBytes: number, headerBytes: number): Buffer {
  const prelude = Buffer.alloc(16);
  prelude.writeUInt32BE(totalBytes, 0);
  prelude.writeUInt32BE(headerBytes, 4);
  prelude.writeUInt32BE(crc32(prelude.subarray(0, 8)), 8);
  return prelude;
}

describe('frame reader', () => {
  it('finds the same frames however the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ maxLength: 60 }), { maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 20 }),
        (contents, cuts) => {
          const frames = contents.map((content) => encodeChunk({ event: { content } }));
          const bytes = Buffer.concat(frames);
          const chunks: Buffer[] = [];
          for (let at = 0, cut = 0; at < bytes.byteLength; cut++) {
            const byteLength = cuts[cut % cuts.length] ?? 1;
            chunks.push(bytes.subarray(at, at + byteLength));
            at += byteLength;
          }

          expect(readAll(chunks)).toEqual({ frames, isPartial: false });
        },
      ),
    );
  });

  it('never takes a frame with a changed byte for sound', () => {
    const frame = encodeChunk({ event: { content: 'hello' } });
    for (let at = 0; at < frame.byteLength; at++) {
      const changed = Buffer.from(frame);
      changed[at] = (changed[at] ?? 0) ^ 0x10;

      expect(() => readAll([changed])).toThrow('checksum');
    }
  });

  it.each([
    ['over 16 MB', MAX_FRAME_BYTES + 1, 0],
    ['shorter than its own frame', 15, 0],
    ['with more headers than bytes', 40, 25],
  ])('refuses a frame %s as soon as its prelude is there', (_, totalBytes, headerBytes) => {
    expect(() => readAll([withPrelude(totalBytes, headerBytes).subarray(0, 12)])).toThrow('impossible lengths');
  });

  it('knows that a frame is not complete', () => {
    const frame = encodeChunk({ event: {} });

    expect(readAll([frame.subarray(0, 7)]).isPartial).toBe(true);
    expect(readAll([frame, frame.subarray(0, -1)])).toEqual({ frames: [frame], isPartial: true });
  });

  it('reads nothing more after stop, not even from the same bytes', () => {
    const seen: Buffer[] = [];
    const reader = new FrameReader(({ payload }) => {
      seen.push(payload);
      reader.stop();
    });
    const frame = encodeChunk({ event: {} });
    reader.push(Buffer.concat([frame, frame, Buffer.from('nonsense')]));
    reader.push(Buffer.from('more nonsense'));

    expect(seen).toHaveLength(1);
    expect(reader.isPartial).toBe(false);
  });

  it('reads string headers among all other types', () => {
    const frame = Buffer.from(
      codec.encode({
        headers: {
          yes: { type: 'boolean', value: true },
          byte: { type: 'byte', value: 1 },
          short: { type: 'short', value: 2 },
          integer: { type: 'integer', value: 3 },
          bytes: { type: 'binary', value: Buffer.from('xyz') },
          ':message-type': { type: 'string', value: 'exception' },
          date: { type: 'timestamp', value: new Date(0) },
          id: { type: 'uuid', value: '01234567-89ab-cdef-0123-456789abcdef' },
          ':exception-type': { type: 'string', value: 'validationException' },
        },
        body: Buffer.alloc(0),
      }),
    );
    const headers = frame.subarray(12, -4);

    expect([...readStringHeaders(headers)]).toEqual([
      [':message-type', 'exception'],
      [':exception-type', 'validationException'],
    ]);
    expect(() => readStringHeaders(headers.subarray(0, -1))).toThrow('cut');
    expect(() => readStringHeaders(Buffer.from('\x01a\x63'))).toThrow('unknown header type');
  });

  it('reads any headers to the end or throws, but never hangs', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        try {
          readStringHeaders(Buffer.from(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
    );
  });
});

describe('chunk body', () => {
  const base64 = Buffer.from('{"event":1}').toString('base64');

  it.each([
    ['as the service writes it', `{"bytes":"${base64}","p":"abcd"}`],
    ['with the padding first', `{"p":"abcd","bytes":"${base64}"}`],
    ['with spaces', `{ "bytes" : "${base64}" }`],
    ['with escapes', `{"bytes":"${base64.slice(0, -1)}\\u003d"}`],
  ])('is read %s', (_, body) => {
    expect(readChunk(Buffer.from(body))?.toString()).toBe('{"event":1}');
  });

  it('is read with escaped slashes', () => {
    const bytes = Buffer.from([0xff, 0xff, 0xff]);

    expect(readChunk(Buffer.from('{"bytes":"\\/\\/\\/\\/"}'))).toEqual(bytes);
  });

  it.each(['', '{}', '{"p":"x"}', '{"bytes":null}'])('may be without an event: %s', (body) => {
    expect(readChunk(Buffer.from(body))).toBeUndefined();
  });

  it.each(['{"bytes":"A*=="}', '{"bytes":"ABC"}', '{"bytes":7}', '{"bytes":"QUJD', 'not json'])(
    'may be broken: %s',
    (body) => {
      expect(() => readChunk(Buffer.from(body))).toThrow();
    },
  );

  it('comes out of a whole frame', () => {
    const seen: (string | undefined)[] = [];
    const reader = new FrameReader(({ payload }) => seen.push(readChunk(payload)?.toString()));
    reader.push(encodeFrame(CHUNK_HEADERS, `{"bytes":"${base64}"}`));

    expect(seen).toEqual(['{"event":1}']);
  });
});
