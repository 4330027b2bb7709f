import { PassThrough } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Clock } from '../clock.js';
import { messageOf } from '../errors.js';
import { credentialOf } from './authentication.js';
import { eventText } from './event-text.js';

const KEEP_ALIVE_MS = 15_000;
/** Looks in a row that may fail, as when a service is busy, before the stream ends and its reader comes back. */
const MAX_FAILED_LOOKS = 5;
/** Id of the last event: who comes back with it need not. */
const END_ID = 'end';

export interface Progress<State extends object> {
  /** How it stands; undefined when it is not there any more. */
  readonly look: () => Promise<State | undefined>;
  /** Whether nothing more will happen. */
  readonly isOver: (state: State) => boolean;
  /** Between two looks. */
  readonly everyMs: number;
}

export const lastProgressHeader = z.object({
  'last-event-id': z.string().max(100).optional().describe('`end`: answered with 204 when nothing has happened since.'),
});

export const progressResponse = {
  200: {
    description:
      'Events of the kind `progress`, whose data is what GET shows: how it stands, then whenever that has changed. The ' +
      'last one is `end`.',
    content: { 'text/event-stream': { schema: z.string() } },
  },
  204: z.undefined().describe('It is over, which the reader knows.'),
} as const;

/**
 * Sends how something goes on as events until it is over. It is looked at again and again, because it may happen on
 * another instance, or in a service that tells nobody. All end when the server closes.
 */
export function progressStreams(instance: FastifyInstance, clock: Clock) {
  const open = new Set<PassThrough>();
  instance.addHook('preClose', async () => {
    for (const out of open) out.end();
  });

  /** `first` is what the first look has shown. */
  return function send<State extends object>(
    request: FastifyRequest,
    reply: FastifyReply,
    first: State,
    { look, isOver, everyMs }: Progress<State>,
  ): FastifyReply {
    if (request.headers['last-event-id'] === END_ID && isOver(first)) return reply.code(204).send();
    const { stillHolds } = credentialOf(request);
    const out = new PassThrough();
    let told = '';
    let toldMs = clock.now();
    let failedLooks = 0;
    let cancelLook = (): void => undefined;
    const write = (text: string) => {
      out.write(text);
      toldMs = clock.now();
    };
    const end = () => {
      write(`id: ${END_ID}\n${eventText({ kind: 'end', data: {} })}`);
      out.end();
    };

    const tell = (state: State | undefined): void => {
      if (out.writableEnded || out.destroyed) return;
      const isLast = !state || isOver(state);
      const text = state ? eventText({ kind: 'progress', data: state }) : told;
      // Who is slow is told less, and the latest.
      if (text !== told && (isLast || !out.writableNeedDrain)) {
        write(text);
        told = text;
      }
      if (isLast) {
        end();
        return;
      }
      if (clock.now() - toldMs >= KEEP_ALIVE_MS) write(': keep-alive\n\n');
      cancelLook = clock.after(everyMs, () => void again());
    };
    const again = async (): Promise<void> => {
      if (!stillHolds()) {
        out.end();
        return;
      }
      try {
        const state = await look();
        failedLooks = 0;
        tell(state);
      } catch (error) {
        if (out.writableEnded || out.destroyed) return;
        request.log.warn({ reason: messageOf(error) }, 'progress could not be looked up');
        if (++failedLooks === MAX_FAILED_LOOKS) out.end();
        else cancelLook = clock.after(everyMs, () => void again());
      }
    };

    open.add(out);
    out.once('close', () => {
      cancelLook();
      open.delete(out);
    });
    write('retry: 1000\n\n');
    tell(first);
    // Proxies must not wait for more before they pass on what is there.
    return reply.type('text/event-stream').header('X-Accel-Buffering', 'no').send(out);
  };
}
