import { expect, it, onTestFinished, vi } from 'vitest';
import { disturbedDisk } from '../../src/chaos/bad-disk.js';
import { realClock } from '../../src/clock.js';
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

type Stack = Awaited<ReturnType<typeof startStack>>;

/** What the operator's monitoring is told. */
async function measured({ bridge }: Stack, name: string): Promise<number> {
  const response = await fetch(`${bridge.base}/metrics`, { headers: { authorization: `Bearer ${bridge.adminToken}` } });
  return Number(new RegExp(`^oratio_${name} (.+)$`, 'm').exec(await response.text())?.[1]);
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
    const storeUp = await measured(stack, 'store_up');
    const queuedWrites = await measured(stack, 'store_queued_writes');
    await phoneCall.say(SPEECH.something);
    const end = await phoneCall.ended;
    const record = await stack.record(phoneCall.callSid);
    await stack.allStreamsClosed();

    expect(end).toMatchObject({ by: 'bridge', lastVerb: 'Hangup' });
    expect(record).toMatchObject({ state: 'ended', endReason: 'agent-hung-up', faults: {} });
    expect(record.turns.map((turn) => (turn.role === 'agent' ? turn.heardText : turn.text))).toEqual(WORDS);
    expect([readyStatus, ready]).toMatchObject([200, { status: 'ready', store: kind === 'slow' ? 'up' : 'away' }]);
    expect(storeUp).toBe(kind === 'slow' ? 1 : 0);
    if (kind !== 'slow') expect(queuedWrites).toBeGreaterThan(0);

    // Nothing of what the model said came late to the caller, and nothing of it is missing.
    const spokenMs = stack.bedrock.sessions[0]!.answers.reduce((sum, answer) => sum + answer.durationMs, 0);
    expect(phoneCall.playedMs).toBeGreaterThanOrEqual(spokenMs);
    expect(phoneCall.playedMs).toBeLessThan(spokenMs + 150);
    for (const turn of agentTurns(record)) expect(turn.responseGapParts?.bridge ?? 0).toBeLessThan(200);
    expect(phoneCall.warnings).toEqual([]);

    await over();
    await vi.waitFor(async () => expect(await keptWords(url, phoneCall.callSid)).toEqual(WORDS), {
      interval: 20,
      timeout: 60_000,
    });
    await expect
      .poll(async () => [await measured(stack, 'store_up'), await measured(stack, 'store_queued_writes')], {
        timeout: 20_000,
      })
      .toEqual([1, 0]);
    await stack.close();
  },
);

it('a call whose recording finds the disk full goes on; the operator is told by metric, and when it is over', async () => {
  const stack = await startStack(SCRIPT, { agent: AGENT, number: { recording: true } });
  const disturb = disturbedDisk(realClock());
  onTestFinished(() => disturb(undefined));
  const diskUp = () => measured(stack, 'recordings_disk_up');

  const phoneCall = await stack.call();
  await stack.turnOver(phoneCall.callSid, 1);
  const before = await diskUp();
  disturb('full');
  await expect.poll(diskUp, { timeout: 20_000 }).toBe(0);
  await phoneCall.say(SPEECH.goForward);
  await stack.turnOver(phoneCall.callSid, 2);
  const during = await diskUp();
  disturb(undefined);
  await phoneCall.say(SPEECH.something);
  const end = await phoneCall.ended;
  const record = await stack.record(phoneCall.callSid);
  await expect.poll(diskUp, { timeout: 20_000 }).toBe(1);
  await stack.allStreamsClosed();

  expect([before, during]).toEqual([1, 0]);
  expect(end).toMatchObject({ by: 'bridge', lastVerb: 'Hangup' });
  expect(record).toMatchObject({ state: 'ended', endReason: 'agent-hung-up', faults: {} });
  expect(record.turns.map((turn) => (turn.role === 'agent' ? turn.heardText : turn.text))).toEqual(WORDS);
  await stack.close();
});
