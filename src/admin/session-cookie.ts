import type { FastifyReply } from 'fastify';
import { SESSION_LIFETIME_MS } from '../access/session-seal.js';

export const SESSION_COOKIE = 'oratio_session';

export function setSessionCookie(reply: FastifyReply, value: string, publicUrl: string): void {
  reply.setCookie(SESSION_COOKIE, value, { ...attributes(publicUrl), maxAge: SESSION_LIFETIME_MS / 1000 });
}

export function clearSessionCookie(reply: FastifyReply, publicUrl: string): void {
  reply.clearCookie(SESSION_COOKIE, attributes(publicUrl));
}

/** Out of reach for scripts and other sites, and over https alone where the bridge is reached by it. */
function attributes(publicUrl: string) {
  return { path: '/', httpOnly: true, sameSite: 'strict', secure: publicUrl.startsWith('https:') } as const;
}
