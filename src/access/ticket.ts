import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../clock.js';

/** How long a ticket opens the media door, in ms. */
export const TICKET_LIFETIME_MS = 600_000;

/** What a ticket says: which call may be connected to which agent, and where it was issued. */
export interface TicketClaims {
  callSid: string;
  from: string;
  to: string;
  agentId: string;
  agentVersion: number;
  instance: string;
  kind: TicketKind;
}

/** Whose call it is: one that rang here, one that was ordered from here, or a test call without a carrier. */
export type TicketKind = 'inbound' | 'outbound' | 'test';

/** As they travel. */
const KINDS: readonly TicketKind[] = ['inbound', 'outbound', 'test'];

/** As it travels: without names, because Twilio allows 500 characters for name and value of a parameter together. */
type TicketContents = readonly [
  callSid: string,
  from: string,
  to: string,
  agentId: string,
  agentVersion: number,
  instance: string,
  kind: number,
  expiresAtMs: number,
  nonce: string,
];

/** Addresses longer than this (SIP) stay out: they only tell another instance who calls. */
const LONGEST_ADDRESS = 60;

export type TicketVerdict = { ok: true; claims: TicketClaims } | { ok: false; reason: string };

/**
 * Tickets for the media socket: signed, bound to one call, good once and for ten minutes. Needed because a signature
 * of Twilio's has no time in it and could be played again for ever.
 */
export interface TicketOffice {
  issue(claims: TicketClaims): string;
  /** What the ticket says, without using it up: for a door before the one that it opens. */
  inspect(ticket: string): TicketVerdict;
  /** Checks the ticket for this call and uses it up. */
  redeem(ticket: string, callSid: string): TicketVerdict;
}

export function ticketOffice(secret: string, clock: Clock): TicketOffice {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'oratio media ticket', 32));
  const used = new Map<string, number>();
  const sign = (body: string) => createHmac('sha256', key).update(body).digest();

  const forgetExpired = () => {
    const nowMs = clock.now();
    for (const [nonce, expiresAtMs] of used) {
      if (expiresAtMs > nowMs) break;
      used.delete(nonce);
    }
  };

  const read = (ticket: string): TicketVerdict & { nonce?: string; expiresAtMs?: number } => {
    const [body = '', signature = '', ...rest] = ticket.split('.');
    const given = Buffer.from(signature, 'base64url');
    const right = sign(body);
    if (rest.length > 0 || given.length !== right.length || !timingSafeEqual(given, right)) {
      return { ok: false, reason: 'not one of our tickets' };
    }
    const contents = JSON.parse(Buffer.from(body, 'base64url').toString()) as TicketContents;
    const [callSid, from, to, agentId, agentVersion, instance, kind, expiresAtMs, nonce] = contents;
    if (clock.now() >= expiresAtMs) return { ok: false, reason: 'expired' };
    if (used.has(nonce)) return { ok: false, reason: 'used before' };
    const claims = { callSid, from, to, agentId, agentVersion, instance, kind: KINDS[kind] ?? 'inbound' };
    return { ok: true, claims, nonce, expiresAtMs };
  };

  return {
    issue(claims) {
      const expiresAtMs = Math.round(clock.now() + TICKET_LIFETIME_MS);
      const { callSid, agentId, agentVersion, instance } = claims;
      const [from = '', to = ''] = [claims.from, claims.to].map((address) =>
        address.length > LONGEST_ADDRESS ? '' : address,
      );
      const nonce = randomBytes(9).toString('base64url');
      const kind = KINDS.indexOf(claims.kind);
      const contents: TicketContents = [callSid, from, to, agentId, agentVersion, instance, kind, expiresAtMs, nonce];
      const body = Buffer.from(JSON.stringify(contents)).toString('base64url');
      return `${body}.${sign(body).toString('base64url')}`;
    },

    inspect(ticket) {
      const verdict = read(ticket);
      return verdict.ok ? { ok: true, claims: verdict.claims } : verdict;
    },

    redeem(ticket, callSid) {
      const verdict = read(ticket);
      if (!verdict.ok) return verdict;
      if (verdict.claims.callSid !== callSid) return { ok: false, reason: 'issued for another call' };
      forgetExpired();
      used.set(verdict.nonce!, verdict.expiresAtMs!);
      return { ok: true, claims: verdict.claims };
    },
  };
}
