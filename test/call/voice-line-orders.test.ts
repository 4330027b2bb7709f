import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { VoiceLoss } from '../../src/call/ports.js';
import { type ScriptedLeg, scriptedLine } from './scripted-line.js';

/** Cases of a run; more find more. */
const RUNS = 10_000;
const FRAME_MS = 100;
const BLOCK_MS = 10;

const LOSSES: readonly VoiceLoss[] = ['throttled', 'refused', 'rejected', 'expired', 'faulted', 'unreachable', 'ended'];

type Action =
  | { do: 'quiet' | 'speak' | 'pause'; ms: number }
  | {
      do:
        | 'understood'
        | 'answers'
        | 'saidAll'
        | 'heardAll'
        | 'calls'
        | 'tell'
        | 'ready'
        | 'oldSays'
        | 'opens'
        | 'opensNot';
    }
  | { do: 'toolEnds'; which: number }
  | { do: 'lose' | 'loseNext'; loss: VoiceLoss };

const ms = (most: number) => fc.integer({ min: 1, max: most / FRAME_MS }).map((frames) => frames * FRAME_MS);
const only = <Name extends string>(name: Name) => fc.record({ do: fc.constant(name) });
const losing = <Name extends string>(name: Name) =>
  fc.record({ do: fc.constant(name), loss: fc.constantFrom(...LOSSES) });

const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('quiet', 'speak', 'pause'), ms: ms(1500) }) },
  { weight: 4, arbitrary: only('ready') },
  { weight: 2, arbitrary: fc.oneof(only('understood'), only('answers'), only('saidAll'), only('heardAll')) },
  { weight: 2, arbitrary: fc.oneof(only('calls'), only('tell'), only('oldSays')) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('toolEnds' as const), which: fc.nat(3) }) },
  { weight: 2, arbitrary: losing('lose') },
  { weight: 1, arbitrary: losing('loseNext') },
  { weight: 1, arbitrary: fc.oneof(only('opens'), only('opensNot')) },
);

/** A call around a voice line that answers the line's words as a session does, and notes what must never be. */
function lineInACall(sessionLimitMs: number) {
  const rig = scriptedLine({ sessionLimitMs, frameMs: FRAME_MS });
  const { call, legs, line } = rig;
  const wrongs: string[] = [];
  let serving: ScriptedLeg | undefined = legs[0];
  let isOver = false;
  /** Texts told, and not made anything of; results of tools by the stream that asked. */
  let owedTexts: string[] = [];
  const openTools: { id: string; asker: ScriptedLeg }[] = [];
  let count = 0;

  rig.onEvent((event) => {
    if (event.kind === 'closed') isOver = true;
    if (event.kind === 'gone') serving = undefined;
    if (event.kind === 'replaced') {
      serving = legs.find(({ region }) => region === event.region)!;
      const from = (call.consumedMs ?? Math.max(0, rig.heardMs() - 200)) / BLOCK_MS;
      const [first = from] = serving.blocks;
      if (first !== from) wrongs.push(`${event.region} hears from ${first}, not ${from}`);
      // What the call said is moot once the caller speaks.
      if (call.openSpeechFromMs !== undefined) owedTexts = owedTexts.filter((text) => isGivenTo(serving, text));
    }
    // The call takes what was said for all that there is; the rest is owed.
    if ((event.kind === 'gone' || event.kind === 'replaced') && call.agent === 'speaking') {
      call.agent = 'sounding';
      call.isAnswerOwed = true;
    }
  });
  const progress = () => {
    owedTexts = [];
    call.isAnswerOwed = false;
  };
  const says = (leg: ScriptedLeg | undefined, event: Parameters<ScriptedLeg['says']>[0]) => {
    if (!leg || leg.state === 'lost') return false;
    const isServing = leg === serving && !isOver;
    const before = rig.events.length;
    leg.says(event);
    const isPassedOn = rig.events.length > before;
    if (isPassedOn !== isServing) wrongs.push(`${leg.region} is ${isPassedOn ? 'heard' : 'not heard'}: ${event.kind}`);
    return isServing;
  };
  const act = (each: Action): void => {
    switch (each.do) {
      case 'quiet':
      case 'pause':
        rig.pauses(each.ms);
        break;
      case 'speak':
        rig.speaks(each.ms);
        break;
      case 'understood':
        if (!says(serving, { kind: 'callerText', text: 'said' })) break;
        rig.understood();
        progress();
        call.isAnswerOwed = true;
        break;
      case 'answers':
        if (!says(serving, { kind: 'audioStarted', blockId: 'b' })) break;
        progress();
        call.agent = 'speaking';
        break;
      case 'saidAll':
        if (call.agent === 'speaking' && says(serving, { kind: 'audioEnded', blockId: 'b', turnEnded: true })) {
          call.agent = 'sounding';
        }
        break;
      case 'heardAll':
        if (call.agent === 'sounding') call.agent = 'silent';
        break;
      case 'calls': {
        const id = `t${count++}`;
        const asker = serving;
        if (!asker || !says(asker, { kind: 'toolCalled', callId: id, name: 'look_up', input: {} })) break;
        openTools.push({ id, asker });
        owedTexts = owedTexts.filter((text) => text.startsWith('result'));
        call.openTools = openTools.length;
        break;
      }
      case 'toolEnds': {
        const [tool] = openTools.splice(each.which % Math.max(1, openTools.length), 1);
        if (!tool) break;
        call.openTools = openTools.length;
        call.isAnswerOwed = openTools.length === 0;
        const isAsker = tool.asker === serving;
        line.answerTool(tool.id, { result: tool.id });
        const isAnswered = tool.asker.given.some((given) => 'answerTool' in given && given.answerTool === tool.id);
        if (!isOver && isAnswered !== isAsker) wrongs.push(`${tool.id} is ${isAnswered ? '' : 'not '}answered`);
        if (!isAsker) owedTexts.push(`result":"${tool.id}"`);
        break;
      }
      case 'tell': {
        const text = `text ${count++}.`;
        line.tell(text);
        owedTexts.push(text);
        break;
      }
      case 'ready':
        legs.findLast(({ state }) => state === 'open')?.says({ kind: 'ready' });
        break;
      case 'oldSays':
        for (const leg of legs) if (leg !== serving) says(leg, { kind: 'callerText', text: 'late' });
        break;
      case 'lose':
        if (serving?.state === 'open') serving.loses(each.loss);
        break;
      case 'loseNext': {
        const last = legs.at(-1);
        if (last !== serving && last?.state === 'open') last.loses(each.loss);
        break;
      }
      case 'opens':
        rig.opensFail(undefined);
        break;
      case 'opensNot':
        rig.opensFail(new Error('none'));
        break;
    }
  };
  const check = () => {
    const open = legs.filter(({ state }) => state === 'open');
    if (open.length > 2) wrongs.push(`${open.length} streams at a time`);
    if (serving && serving.state !== 'open') wrongs.push(`${serving.region} serves and is ${serving.state}`);
    for (const text of serving && !isOver ? owedTexts : []) {
      if (!isGivenTo(serving, text)) wrongs.push(`${serving!.region} was not told ${text}`);
    }
  };
  return {
    rig,
    wrongs,
    act(each: Action) {
      act(each);
      check();
    },
    isServed: () => serving !== undefined,
    isOver: () => isOver,
  };
}

function isGivenTo(leg: ScriptedLeg | undefined, text: string): boolean {
  return leg?.given.some((given) => 'tell' in given && given.tell.includes(text)) ?? false;
}

function heardInOrder({ blocks }: ScriptedLeg): boolean {
  return blocks.every((block, at) => at === 0 || block === blocks[at - 1]! + 1);
}

it('whatever happens to its streams, a voice line is heard in order, loses no word, holds two streams at most, and none at the end', () => {
  fc.assert(
    fc.property(fc.constantFrom(4000, 12_000, 480_000), fc.array(action, { maxLength: 30 }), (limitMs, actions) => {
      const { rig, wrongs, act, isServed, isOver } = lineInACall(limitMs);
      for (const each of actions) act(each);
      // Streams can be had again: one serves soon, or none was to be had for too long.
      act({ do: 'opens' });
      for (let waitedMs = 0; waitedMs < 1000 || (waitedMs < 8000 && !isServed() && !isOver()); waitedMs += FRAME_MS) {
        act({ do: 'quiet', ms: FRAME_MS });
        act({ do: 'ready' });
      }
      rig.line.close();
      rig.clock.advance(100);

      expect(wrongs).toEqual([]);
      expect(isServed() || isOver()).toBe(true);
      expect(rig.legs.filter((leg) => !heardInOrder(leg))).toEqual([]);
      expect(rig.legs.filter(({ state }) => state === 'open')).toEqual([]);
      expect(rig.clock.pendingTimers).toBe(0);
      expect(rig.kinds().filter((kind) => kind === 'closed').length).toBe(isOver() ? 1 : 0);
    }),
    { numRuns: RUNS },
  );
});
