import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { messageOf } from '../errors.js';
import type { Logger } from '../log.js';

/** The word in the built page that is replaced by the nonce of each answer. */
const NONCE_PLACE = '__CSP_NONCE__';
const YEAR_MS = 365 * 24 * 3600 * 1000;

/** Addresses of the console's pages; everything below them is the page's own affair. */
const PAGES = ['live', 'calls', 'agents', 'numbers', 'knowledge', 'creator', 'overview', 'people', 'test'];

/** Where the build puts it: beside this code in production, in `dist` while sources are run. */
const BUILT = fileURLToPath(
  new URL('../console/', import.meta.url).href.replace(/\/src\/console\/$/, '/dist/console/'),
);

/**
 * Serves the console: one page for all its addresses, under a policy without inline code, and its assets, whose names
 * change with their content. A bridge that runs without it answers calls all the same, and says so in its log.
 */
export async function consolePages(
  server: FastifyInstance,
  options: { log: Logger; directory?: string },
): Promise<void> {
  const { log, directory = BUILT } = options;
  const page = await readFile(join(directory, 'index.html'), 'utf8').catch((error: unknown) => {
    log.warn({ reason: messageOf(error) }, 'the console is not built (npm run build), so it is not served');
    return undefined;
  });
  if (page === undefined) return;

  await server.register(fastifyStatic, {
    root: join(directory, 'assets'),
    prefix: '/assets/',
    immutable: true,
    maxAge: YEAR_MS,
    preCompressed: true,
    decorateReply: false,
    index: false,
  });
  const icon = await readFile(join(directory, 'favicon.svg'));
  server.get('/favicon.svg', async (_request, reply) =>
    reply.type('image/svg+xml').header('Cache-Control', 'max-age=86400').send(icon),
  );

  const send = async (_request: unknown, reply: FastifyReply) => {
    const nonce = randomBytes(16).toString('base64');
    return reply
      .type('text/html; charset=utf-8')
      .header('Cache-Control', 'no-store')
      .header('Content-Security-Policy', policy(nonce))
      .header('Permissions-Policy', 'microphone=(self)')
      .send(page.replaceAll(NONCE_PLACE, nonce));
  };
  server.get('/', send);
  for (const name of PAGES) {
    server.get(`/${name}`, send);
    server.get(`/${name}/*`, send);
  }
}

/** Nothing inline but style elements with the nonce; nothing from elsewhere; nobody may frame it. */
function policy(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "media-src 'self' blob:",
    "worker-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "object-src 'none'",
  ].join('; ');
}
