import { describe, expect, it } from 'vitest';
import { TICKET_LIFETIME_MS, ticketOffice } from '../../src/access/ticket.js';
import { FakeClock } from '../../src/clock.js';

const CLAIMS = {
  callSid: 'CA1',
  from: '+14155550100',
  to: '+14155550199',
  agentId: 'agent_x',
  agentVersion: 3,
  instance: 'http://10.0.0.7:3000',
  kind: 'inbound',
} as const;

describe('a ticket', () => {
  const clock = new FakeClock();
  const office = ticketOffice('secret', clock);

  it('opens the door for its call, once', () => {
    const ticket = office.issue(CLAIMS);

    expect(office.redeem(ticket, 'CA1')).toEqual({ ok: true, claims: CLAIMS });
    expect(office.redeem(ticket, 'CA1')).toEqual({ ok: false, reason: 'used before' });
  });

  it('fits into what Twilio allows for a parameter', () => {
    const longest = {
      ...CLAIMS,
      callSid: `CA${'0'.repeat(32)}`,
      from: `sip:${'a'.repeat(200)}@pbx.example.com`,
      to: `sip:${'b'.repeat(50)}`,
      instance: 'http://bridge-7.bridge.production.svc.cluster.local:3000',
    };

    expect('ticket'.length + office.issue(longest).length).toBeLessThan(500);
  });

  it.each([
    ['another call', (ticket: string) => office.redeem(ticket, 'CA2')],
    [
      'a changed claim',
      (ticket: string) => office.redeem(`${Buffer.from('{}').toString('base64url')}.${ticket.split('.')[1]}`, 'CA1'),
    ],
    ['a cut signature', (ticket: string) => office.redeem(ticket.slice(0, -4), 'CA1')],
    ['another secret', (ticket: string) => ticketOffice('other', clock).redeem(ticket, 'CA1')],
    ['nothing', () => office.redeem('', 'CA1')],
    ['a ticket and more', (ticket: string) => office.redeem(`${ticket}.x`, 'CA1')],
  ])('is no good for %s', (_what, redeem) => {
    expect(redeem(office.issue(CLAIMS)).ok).toBe(false);
  });

  it('is good for ten minutes', () => {
    const ticket = office.issue(CLAIMS);
    clock.advance(TICKET_LIFETIME_MS);

    expect(office.redeem(ticket, 'CA1')).toEqual({ ok: false, reason: 'expired' });
  });
});
