import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import type { LoginThrottle } from './access/throttle.js';
import { BridgeError } from './errors.js';

export interface MetricsRouteOptions {
  metrics: { readonly contentType: string; text(): Promise<string> };
  /** Who sends this as a bearer may read them. */
  token: string;
  /** The token may be the administrator's: it is guessed here as slowly as everywhere. */
  throttle: LoginThrottle;
}

/** `GET /metrics`, as Prometheus asks for it. */
export function metricsRoute(server: FastifyInstance, { metrics, token, throttle }: MetricsRouteOptions): void {
  const right = digest(token);
  const isRight = (given: string) => timingSafeEqual(digest(given), right);

  server.get('/metrics', async (request, reply) => {
    const [, given] = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? '') ?? [];
    reply.header('Cache-Control', 'no-store');
    if (given === undefined || !isRight(given)) {
      const isTooOften = given !== undefined && !(await mayBeAnswered(throttle, request.ip));
      if (isTooOften) return reply.code(429).type('text/plain').send('too many wrong tokens: wait a little\n');
      return reply.code(401).header('WWW-Authenticate', 'Bearer').type('text/plain').send('METRICS_TOKEN is needed\n');
    }
    throttle.accepted(request.ip);
    return reply.type(metrics.contentType).send(await metrics.text());
  });
}

async function mayBeAnswered(throttle: LoginThrottle, address: string): Promise<boolean> {
  try {
    await throttle.refused(address);
    return true;
  } catch (error) {
    if (error instanceof BridgeError && error.code === 'TOO_MANY_REQUESTS') return false;
    throw error;
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
