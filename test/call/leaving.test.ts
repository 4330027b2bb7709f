import { describe, expect, it } from 'vitest';
import { virtualCall } from './virtual-call.js';

describe('a call that the carrier is asked to take away', () => {
  it('ends for that reason when the stream stops', () => {
    const call = virtualCall();
    call.session.start();
    call.session.leaving('transferred');

    call.session.caller.event({ kind: 'stopped' });

    expect(call.outcome()).toEqual({ reason: 'transferred', next: undefined });
  });

  it('goes on with its agent when the carrier refuses', () => {
    const call = virtualCall();
    call.session.start();
    call.session.leaving('transferred');
    call.session.leaving(undefined);
    call.say('b1', 'Still here.', 400);
    call.returnMarks();

    expect(call.outcome()).toBeUndefined();
    expect(call.agentTurns()).toMatchObject([{ heardText: 'Still here.' }]);

    call.session.caller.event({ kind: 'stopped' });
    expect(call.outcome()?.reason).toBe('caller-hung-up');
  });
});
