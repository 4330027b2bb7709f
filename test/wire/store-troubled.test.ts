import { expect, it, vi } from 'vitest';
import { onServer } from '../store/on-server.js';
import { trouble } from '../store/troubled.js';
import { agentTurns, SPEECH, startStack } from './stack.js';

const SCRIPT = `
turns:
  - text: greet
    say: Hello
  - hear: go forward ten meters
    say: Thank you ten minutes
  - hear: go somewhere and do something
    sayFirst: Goodbye
    call: { end_call: {} }
`;
const END_CALL = { kind: 'hang-up', name: 'end_call', description: 'Ends the call.' };
const AGENT = { greeting: 'Greet the caller with: Hello', tools: [END_CALL] };
const WORDS = ['Hello', 'go forward ten meters', 'Thank you ten minutes', 'go somewhere and do something', 'Goodbye'];

/** Of a call that is on record as ended. */
async function keptWords(url: string, callSid: string): Promise<string[]> {
  const rows = await onServer<{ words: string }>(
    url,
    `SELECT coalesce(turn ->> 'heardText', turn ->> 'text') AS words FROM turns JOIN calls USING (call_sid)
     WHERE call_sid = $1 AND state = 'ended' ORDER BY index`,
    [callSid],
  );
  return rows.map(({ words }) => words);
}

it.each(['away', 'full', 'slow'] as const)(
  'a call with a store that is %s from before it rings is like any other, and on record afterwards',
  async (kind) => {
    const stack = await startStack(SCRIPT, { agent: AGENT, number: { recording: true } });
    const { url } = stack.bridge.database;
    const over = await trouble(url, kind);

    const phoneCall = await stack.call();
    await stack.turnOver(phoneCall.callSid, 1);
    await phoneCall.say(SPEECH.goForward);
    await stack.turnOver(phoneCall.callSid, 2);
    const ready = await (await fetch(`${stack.bridge.base}/readyz`)).json();
    const readyStatus = (await fetch(`${stack.bridge.base}/readyz`)).status;
    await phoneCall.say(SPEECH.something);
    const end = await phoneCall.ended;
    const record = await stack.record(phoneCall.callSid);
    await stack.allStreamsClosed();

    expect(end).toMatchObject({ by: 'bridge', lastVerb: 'Hangup' });
    expect(record).toMatchObject({ state: 'ended', endReason: 'agent-hung-up', faults: {} });
    expect(record.turns.map((turn) => (turn.role === 'agent' ? turn.heardText : turn.text))).toEqual(WORDS);
    expect([readyStatus, ready]).toMatchObject([200, { status: 'ready', store: kind === 'slow' ? 'up' : 'away' }]);

    // Nothing of what the model said came late to the caller, and nothing of it is missing.
    const spokenMs = stack.bedrock.sessions[0]!.answers.reduce((sum, answer) => sum + answer.durationMs, 0);
    expect(phoneCall.playedMs).toBeGreaterThanOrEqual(spokenMs);
    expect(phoneCall.playedMs).toBeLessThan(spokenMs + 150);
    for (const turn of agentTurns(record)) expect(turn.responseGapParts?.bridge ?? 0).toBeLessThan(200);
    expect(phoneCall.warnings).toEqual([]);

    await over();
    await vi.waitFor(async () => expect(await keptWords(url, phoneCall.callSid)).toEqual(WORDS), {
      interval: 20,
      timeout: 30_000,
    });
    await stack.close();
  },
);
