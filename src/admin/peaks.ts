import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { BridgeError } from '../errors.js';
import { forwarded } from './forwarding.js';
import type { AdminRoutesOptions } from './options.js';
import { callParams } from './pages.js';
import { peaksSchema } from './peaks-schema.js';
import { RecordingPeaks } from './recording-peaks.js';
import { EVERYBODY } from './route-rules.js';

/** What every recording is: 44 bytes of header, then pairs of 16-bit samples, 8 of them in a ms. */
const HEADER_BYTES = 44;
const BYTES_PER_MS = 32;
const LONGEST_MS = 86_400_000;

const moment = z.coerce.number().int().min(0).max(LONGEST_MS);

/** Recordings as they are drawn. */
export async function peaksRoutes(instance: FastifyInstance, options: AdminRoutesOptions): Promise<void> {
  const { calls, recordings, recordOf } = options;
  const server = instance.withTypeProvider<ZodTypeProvider>();

  server.get(
    '/calls/:callSid/peaks',
    {
      exposeHeadRoute: false,
      config: { roles: EVERYBODY, problems: [404] },
      schema: {
        operationId: 'getCallPeaks',
        summary: 'How loud each side of a recording is, in equal steps',
        description: 'Of the whole recording, or of a stretch of it. Of a call that goes on there are none yet.',
        tags: ['calls'],
        params: callParams,
        querystring: z.strictObject({
          points: z.coerce.number().int().min(1).max(10_000).default(2000).describe('How many steps.'),
          fromMs: moment.default(0),
          toMs: moment.optional().describe('Left out: its end.'),
        }),
        response: { 200: peaksSchema },
      },
    },
    async (request, reply) => {
      const { callSid } = request.params;
      const { points, fromMs, toMs } = request.query;
      if (toMs !== undefined && toMs <= fromMs) {
        throw new BridgeError('REQUEST_INVALID', 'must be after fromMs', { field: 'toMs' });
      }
      const record = recordOf(callSid) ?? (await calls.find(callSid));
      if (!record) throw new BridgeError('NOT_FOUND', `There is no call ${callSid}.`);
      if (record.state !== 'ended' || record.recording?.state === 'recording') {
        throw new BridgeError('NOT_FOUND', `The recording of the call ${callSid} is still being made.`);
      }
      const opened = await recordings.open(callSid, rangeOf(fromMs, toMs)).catch(beyondTheEnd);
      if (!opened) {
        // One that is not yet where all are kept lies with the instance that made it.
        if (!recordOf(callSid) && (await forwarded(request, reply, callSid, options))) return reply;
        throw new BridgeError('NOT_FOUND', `There is no recording of the call ${callSid}.`);
      }
      const { stream, byteLength, part } = opened;
      const peaks = new RecordingPeaks(points, part ? part.lastByte - part.firstByte + 1 : 0);
      // A piece at a time, never the whole of it in memory; whatever ends the loop closes the stream.
      for await (const piece of stream) peaks.add(piece as Uint8Array);
      const durationMs = Math.round(Math.max(0, byteLength - HEADER_BYTES) / BYTES_PER_MS);
      return { durationMs, rateHz: 8000 as const, ...peaks.levels() };
    },
  );
}

function rangeOf(fromMs: number, toMs: number | undefined): string {
  const lastByte = toMs === undefined ? '' : HEADER_BYTES + toMs * BYTES_PER_MS - 1;
  return `bytes=${HEADER_BYTES + fromMs * BYTES_PER_MS}-${lastByte}`;
}

/** A stretch after the end has nothing in it. */
function beyondTheEnd(error: unknown) {
  const { byteLength } = error instanceof BridgeError ? error.details : {};
  if (typeof byteLength !== 'number') throw error;
  return { stream: Readable.from([]), byteLength, part: undefined };
}
