import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FIXTURES_DIR, type Fixture, loadFixture } from '../../src/replay/fixture/fixture.js';
import type { CallerStep } from '../../src/replay/fixture/schema.js';
import { replay } from '../../src/replay/runner.js';
import { type LocalStack, startLocalStack } from '../../src/replay/stack/local-stack.js';

const QUESTION = loadFixture(join(FIXTURES_DIR, 'calls', 'question-gets-an-answer'));
const GOODBYE = loadFixture(join(FIXTURES_DIR, 'calls', 'agent-hangs-up-after-its-goodbye-was-heard'));
const SAY: CallerStep = { kind: 'say', file: 'goforward.wav', text: 'go forward ten meters', atMs: 0 };
const HANG_UP: CallerStep = {
  kind: 'hang-up',
  after: { moment: { kind: 'agent-turn', number: 1, edge: 'ended' }, plusMs: 0 },
};

/** The fixture with other steps, and nothing expected. */
function changed(fixture: Fixture, call: Partial<Fixture['call']>, other: Partial<Fixture> = {}): Fixture {
  return { ...fixture, ...other, call: { ...fixture.call, expect: {}, ...call } };
}

describe('replaying on the local stack', () => {
  let stack: LocalStack;

  beforeAll(async () => {
    stack = await startLocalStack({ speed: 8 });
  });
  afterAll(() => stack.close());

  it('ends a call that does not end by itself, and says which step never came', async () => {
    const never = { moment: { kind: 'agent-turn', number: 5, edge: 'ended' }, plusMs: 0 } as const;
    const fixture = changed(QUESTION, { caller: [SAY, { kind: 'hang-up', after: never }], timeout: 2000 });

    const { failures } = await replay(fixture, stack);

    expect(failures.map(({ message }) => message)).toEqual([
      'the call was not over after 2000 ms',
      'step 2 (hang-up after agent-turn 5 ended) did not come to its turn',
    ]);
  });

  it('says which step was left when the agent hung up', async () => {
    const again: CallerStep = {
      kind: 'press',
      keys: '1',
      after: { moment: { kind: 'agent-turn', number: 9, edge: 'started' }, plusMs: 0 },
    };
    const fixture = changed(GOODBYE, { caller: [...GOODBYE.call.caller, again] });

    const { failures } = await replay(fixture, stack);

    expect(failures).toMatchObject([
      { field: 'caller', message: 'the call ended before step 2 (press 1 after agent-turn 9 started)' },
    ]);
  });

  it('gives calls to one number at the same time each its own agent and lines', async () => {
    const said = ['Thank you.', 'Goodbye.'];
    const fixtures = said.map((say) =>
      changed(QUESTION, { caller: [SAY, HANG_UP] }, { model: { turns: [{ hear: 'go forward ten meters', say }] } }),
    );

    const results = await Promise.all(fixtures.map((fixture) => replay(fixture, stack)));

    expect(results.map(({ failures }) => failures)).toEqual([[], []]);
    expect(results.map(({ record }) => record?.turns[1]?.text)).toEqual(said);
    expect(new Set(results.map(({ record }) => record?.agentId)).size).toBe(2);
  });

  it('lets the model answer sensibly when it has no lines', async () => {
    const fixture = changed(QUESTION, { caller: [SAY, HANG_UP] }, { model: undefined });

    const { failures, record } = await replay(fixture, stack);

    expect(failures).toEqual([]);
    expect(record?.turns).toMatchObject([{ text: '(speech of 2 seconds)' }, { text: 'Thank you two seconds.' }]);
  });

  it('refuses the agent of another bridge', async () => {
    const { failures } = await replay(changed(QUESTION, {}, { agent: undefined }), stack);

    expect(failures).toMatchObject([{ field: 'call', message: expect.stringContaining('on another bridge') }]);
  });

  it('tells in its own words what the bridge refuses', async () => {
    const agent = { agent: { ...QUESTION.agent!.agent, voiceId: 'nobody' }, number: QUESTION.agent!.number };

    const { failures } = await replay(changed(QUESTION, {}, { agent }), stack);

    expect(failures).toMatchObject([{ message: expect.stringMatching(/POST \/agents was answered with 4.*voiceId/) }]);
  });

  it('does not start on a port that is taken, and may be closed twice', async () => {
    const port = Number(new URL(stack.url).port);

    await expect(startLocalStack({ port })).rejects.toThrow(/EADDRINUSE/);

    const other = await startLocalStack();
    await other.close();
    await other.close();
  });
});
