import { describe, expect, it } from 'vitest';
import { encodeMulaw } from '../../src/audio/mulaw.js';
import type { CallRecord } from '../../src/call/record.js';
import { failuresOf } from '../../src/replay/expect/expectations.js';
import type { ReplayedCall } from '../../src/replay/replayed-call.js';
import { agentTurn, CALLER_TURN, callRecord, replayedCall, scriptExpecting, toolCall } from './calls.js';

interface Row {
  what: string;
  expects: string;
  call?: Partial<ReplayedCall>;
  record?: Partial<CallRecord>;
}

const INTERRUPTED: Partial<ReplayedCall> = {
  agentStretches: [
    { startMs: 4000, endMs: 5210, cut: true },
    { startMs: 8600, endMs: 9000, cut: false },
  ],
  callerActs: [{ kind: 'say', words: 'stop', startMs: 4500, endMs: 7000, voice: { startMs: 4900, endMs: 6800 } }],
  interruptions: [5200],
  mediaEndMs: 9500,
};
const CUT_RECORD: Partial<CallRecord> = {
  turns: [CALLER_TURN, agentTurn({ heardText: 'Thank you.', interrupted: true })],
};
const KEYS: Partial<ReplayedCall> = {
  callerActs: [{ kind: 'press', words: '314159#', startMs: 4000, endMs: 5000 }],
};

const ANSWERED: Partial<CallRecord> = {
  toolCalls: [
    toolCall({ kind: 'agentcore', output: { passages: [{ text: 'Order 7 is sent.' }, { text: 'More.' }] } }),
    toolCall({ id: 't2', name: 'opening_hours', startMs: 3400 }),
  ],
};
const WAITED: Partial<ReplayedCall> = {
  waits: [
    { startMs: 4500, endMs: 6500 },
    { startMs: 7000, endMs: 7500 },
  ],
};
const DIALLED: Partial<ReplayedCall> = {
  dialled: [{ to: '+14155550180', atMs: 7000, whisper: 'A caller has been on the line.' }],
};
const TOLD: Partial<ReplayedCall> = { prompts: ['You help.\n- The caller likes tea.'] };

const MOMENTS: Partial<ReplayedCall> = {
  moments: [
    { moment: 'caller-step 1 ended', atMs: 3400 },
    { moment: 'agent-turn 1 started', atMs: 4000 },
  ],
};
const TWO_ORDERS: Partial<CallRecord> = {
  toolCalls: [
    toolCall({ input: { order: '1', urgent: false } }),
    toolCall({ id: 't2', input: { order: '2' }, startMs: 3600 }),
  ],
};
const TALKED_OVER: Partial<ReplayedCall> = {
  callerActs: [{ kind: 'say', words: 'stop', startMs: 5000, endMs: 6000, voice: { startMs: 5200, endMs: 5900 } }],
};
const RENEWED: Partial<CallRecord> = {
  streams: [
    { modelId: 'm', region: 'us-east-1', openedMs: 0, closedMs: 5000, closed: 'renewed' },
    { modelId: 'm', region: 'us-west-2', openedMs: 4900, closedMs: 8000, closed: 'ended' },
  ],
  usage: { input: { speechTokens: 100, textTokens: 20 }, output: { speechTokens: 80, textTokens: 10 } },
};

/** The agent's three seconds, as the caller hears them: a tone of this height, but for what is changed in it. */
function tone(height: number, change: (samples: Int16Array) => void = () => undefined): Partial<ReplayedCall> {
  const samples = Int16Array.from({ length: 8 * 8000 }, (_, index) =>
    index < 4000 * 8 || index >= 7000 * 8 ? 0 : Math.round(height * Math.sin((2 * Math.PI * 400 * index) / 8000)),
  );
  change(samples);
  const heard = new Uint8Array(samples.length);
  encodeMulaw(samples, heard);
  return { heard };
}
const HOLE = (samples: Int16Array) => samples.fill(0, 5000 * 8 + 5, 5020 * 8 + 5);

const TOLD_AGAIN: Partial<ReplayedCall> = {
  histories: [
    [],
    [
      { role: 'caller', text: 'Go forward ten meters.' },
      { role: 'agent', text: 'Thank you.' },
    ],
  ],
};

const HOLDS: Row[] = [
  { what: 'tools that were not called', expects: '{ notCalled: [ end_call ] }', record: TWO_ORDERS },
  {
    what: 'tool calls in any order',
    expects: '{ toolOrder: any, toolCalls: [ { name: order_status, input: { order: "2" } }, { name: order_status } ] }',
    record: TWO_ORDERS,
  },
  {
    what: 'tool calls in any order, of which the loose one comes first',
    expects: '{ toolOrder: any, toolCalls: [ { name: order_status }, { name: order_status, input: { order: "1" } } ] }',
    record: TWO_ORDERS,
  },
  {
    what: 'exactly this input',
    expects: '{ toolCalls: [ { name: order_status, exactInput: { order: "/^33/", urgent: false } } ] }',
    record: { toolCalls: [toolCall()] },
  },
  {
    what: 'a tool called after its moment',
    expects: '{ toolCalls: [ { name: order_status, notBefore: caller-step 1 ended + 100ms } ] }',
    call: MOMENTS,
    record: { toolCalls: [toolCall({ startMs: 3500 })] },
  },
  {
    what: 'a tool that was called a little early by another clock',
    expects: '{ toolCalls: [ { name: order_status, notBefore: caller-step 1 ended } ] }',
    call: MOMENTS,
    record: { toolCalls: [toolCall({ startMs: 3300 })] },
  },
  {
    what: 'words that were not heard, though they were to be said',
    expects: '{ heard: { not: [ you entered ten, "/goodbye/i" ] } }',
    record: CUT_RECORD,
  },
  {
    what: 'words that were not said',
    expects: '{ said: { not: [ eleven, thank, "/yours/" ] } }',
    record: { turns: [agentTurn({ text: 'You.' })] },
  },
  { what: 'a caller heard soon', expects: '{ limits: { interruption: 1800ms } }', call: TALKED_OVER },
  { what: 'a good loudness', expects: '{ heard: { loudness: { atLeast: -16, atMost: -14 } } }', call: tone(8000) },
  { what: 'no clipping and no click', expects: '{ heard: { clippingPercent: 0, clicks: 0 } }', call: tone(8000) },
  { what: 'clicks that are few enough', expects: '{ heard: { clicks: 2 } }', call: tone(8000, HOLE) },
  {
    what: 'the streams to the model',
    expects: '{ streams: [ { closed: "/^renew/" }, { closed: ended, region: us-west-2, modelId: m } ], renewals: 1 }',
    record: RENEWED,
  },
  {
    what: 'what each stream was told of the turns before it',
    expects:
      '{ streams: [ { history: [] }, { history: [ { role: caller, text: go forward ten meters }, { role: agent } ] } ] }',
    call: TOLD_AGAIN,
    record: RENEWED,
  },
  {
    what: 'what the model counted',
    expects:
      '{ usage: { input: { speechTokens: { atLeast: 100, atMost: 100 } }, output: { textTokens: { atMost: 10 } } } }',
    record: RENEWED,
  },
  { what: 'nothing', expects: '{}' },
  { what: 'turns from the first on', expects: '{ turns: [ { role: caller } ] }' },
  {
    what: 'words but for case and punctuation',
    expects: '{ turns: [ { role: caller, text: "Go forward, TEN meters!" } ] }',
  },
  {
    what: 'words by a pattern',
    expects: '{ turns: [ { role: caller }, { role: agent, text: "/^Thank .* ten\\\\.$/" } ] }',
  },
  {
    what: 'what was heard of a cut turn',
    expects: '{ turns: [ { role: caller }, { role: agent, heardText: Thank you., interrupted: true } ] }',
    record: CUT_RECORD,
  },
  { what: 'the number of turns', expects: '{ turnCount: 2 }' },
  {
    what: 'a tool call with part of its input',
    expects: '{ toolCalls: [ { name: order_status, input: { order: "334692" }, outcome: answered } ] }',
    record: { toolCalls: [toolCall()] },
  },
  { what: 'no tool calls', expects: '{ toolCalls: [] }' },
  {
    what: 'part of what tools answered, and that they ran at once',
    expects:
      '{ toolCalls: [ { name: order_status, kind: agentcore, output: { passages: [ { text: "/7 is sent/" } ] }, atOnce: false }, { name: opening_hours, atOnce: true } ] }',
    record: ANSWERED,
  },
  {
    what: 'the sound of waiting',
    expects: '{ heard: { waiting: { afterAtLeast: 1200ms, afterAtMost: 1200ms, atLeast: 2.5s, atMost: 2.5s } } }',
    call: WAITED,
    record: ANSWERED,
  },
  { what: 'no sound of waiting', expects: '{ heard: { waiting: { atMost: 0ms } } }' },
  {
    what: 'a person who was called and told',
    expects: '{ dialled: [ { to: "+14155550180", whisper: "/on the line/" } ] }',
    call: DIALLED,
  },
  { what: 'nobody called', expects: '{ dialled: [] }' },
  { what: 'words among those that the model was told', expects: '{ known: [ "the caller likes tea" ] }', call: TOLD },
  {
    what: 'gaps that are short enough',
    expects: '{ heard: { noGapOver: 40ms } }',
    call: { gaps: [{ atMs: 5000, forMs: 40, afterPlayedMs: 1000 }] },
  },
  { what: 'silence after an interruption', expects: '{ heard: { notAfterInterruption: 300ms } }', call: INTERRUPTED },
  {
    what: 'the caller over the agent where the model tells nothing',
    expects: '{ heard: { notAfterInterruption: 400ms } }',
    call: { ...INTERRUPTED, interruptions: [] },
  },
  { what: 'how much was heard', expects: '{ heard: { atLeast: 2.9s, atMost: 3.1s } }' },
  { what: 'all that was heard', expects: '{ heard: { text: thank you you entered ten } }' },
  {
    what: 'words of the carrier',
    expects: '{ spoken: [ "/sorry/" ] }',
    call: { spoken: [{ text: 'We are sorry.', atMs: 7000 }] },
  },
  { what: 'a short wait', expects: '{ limits: { responseGap: 1100ms, deadAir: 1100ms } }' },
  { what: 'the end', expects: '{ endReason: caller-hung-up }' },
  { what: 'clears', expects: '{ clears: 1 }', call: { clears: [{ atMs: 5200, queuedMs: 900 }] } },
  {
    what: 'filled audio',
    expects: '{ audio: { filledAtLeast: 240ms, filledAtMost: 400ms, droppedAtMost: 0ms } }',
    record: { audio: { deadAirMs: 0, filledMs: 300, droppedMs: 0, clears: 0 } },
  },
  {
    what: 'keys in no log',
    expects: '{ keysNotInLog: true }',
    call: { ...KEYS, logLines: ['{"time":17314159000,"count":6}'] },
  },
  {
    what: 'a broken line, when nobody asks',
    expects: '{}',
    call: { warnings: [{ code: 31903, text: 'broke off', atMs: 10 }] },
  },
];

const FAILS: (Row & { field: string; atMs?: number; turn?: number })[] = [
  {
    what: 'a tool that must not be called',
    expects: '{ notCalled: [ end_call, order_status ] }',
    record: { toolCalls: [toolCall()] },
    field: 'notCalled[1]',
    atMs: 3300,
    turn: 1,
  },
  {
    what: 'a tool call that no call fits, in any order',
    expects:
      '{ toolOrder: any, toolCalls: [ { name: order_status, input: { order: "3" } }, { name: order_status, input: { order: "2" } } ] }',
    record: TWO_ORDERS,
    field: 'toolCalls[0].input',
    atMs: 3300,
  },
  {
    what: 'a tool call too many, in any order',
    expects: '{ toolOrder: any, toolCalls: [ { name: order_status } ] }',
    record: TWO_ORDERS,
    field: 'toolCalls[1]',
    atMs: 3600,
  },
  {
    what: 'more input than there may be',
    expects: '{ toolCalls: [ { name: order_status, exactInput: { order: "334692" } } ] }',
    record: { toolCalls: [toolCall()] },
    field: 'toolCalls[0].exactInput',
  },
  {
    what: 'a field that is undefined and not there',
    expects: '{ toolCalls: [ { name: order_status, input: { urgent: ~, order: "334692" } } ] }',
    record: { toolCalls: [toolCall({ input: { order: '334692' } })] },
    field: 'toolCalls[0].input',
  },
  {
    what: 'a tool called too early',
    expects: '{ toolCalls: [ { name: order_status, notBefore: agent-turn 1 started } ] }',
    call: MOMENTS,
    record: { toolCalls: [toolCall()] },
    field: 'toolCalls[0].notBefore',
    atMs: 3300,
    turn: 1,
  },
  {
    what: 'a tool called before what never happened',
    expects: '{ toolCalls: [ { name: order_status, notBefore: agent-turn 2 started } ] }',
    call: MOMENTS,
    record: { toolCalls: [toolCall()] },
    field: 'toolCalls[0].notBefore',
  },
  {
    what: 'words that must not be heard',
    expects: '{ heard: { not: [ you entered ten ] } }',
    field: 'heard.not[0]',
    atMs: 4000,
    turn: 2,
  },
  {
    what: 'words of the carrier that must not be heard',
    expects: '{ heard: { not: [ goodbye ] } }',
    call: { spoken: [{ text: 'Goodbye.', atMs: 7500 }] },
    field: 'heard.not[0]',
    atMs: 7500,
  },
  {
    what: 'words that must not be said, though nobody heard them',
    expects: '{ said: { not: [ hello, you entered ten ] } }',
    record: CUT_RECORD,
    field: 'said.not[1]',
    turn: 2,
  },
  {
    what: 'an agent that talks on over the caller',
    expects: '{ limits: { interruption: 1700ms } }',
    call: TALKED_OVER,
    field: 'limits.interruption',
    atMs: 5200,
    turn: 2,
  },
  {
    what: 'an agent that is too soft',
    expects: '{ heard: { loudness: { atLeast: -16 } } }',
    call: tone(2000),
    field: 'heard.loudness.atLeast',
    atMs: 4000,
    turn: 2,
  },
  {
    what: 'an agent that is too loud',
    expects: '{ heard: { loudness: { atMost: -14 } } }',
    call: tone(16_000),
    field: 'heard.loudness.atMost',
  },
  {
    what: 'an agent that is silent',
    expects: '{ heard: { loudness: { atLeast: -60 } } }',
    field: 'heard.loudness.atLeast',
  },
  {
    what: 'clipping',
    expects: '{ heard: { clippingPercent: 0.1 } }',
    call: tone(8000, (samples) => samples.fill(32_767, 5000 * 8, 5010 * 8)),
    field: 'heard.clippingPercent',
    atMs: 5000,
    turn: 2,
  },
  {
    what: 'clicks',
    expects: '{ heard: { clicks: 1 } }',
    call: tone(8000, HOLE),
    field: 'heard.clicks',
    atMs: 5021,
    turn: 2,
  },
  { what: 'a stream too few', expects: '{ streams: [ {} ] }', field: 'streams[0]', atMs: 8000 },
  {
    what: 'a stream too many',
    expects: '{ streams: [ { closed: renewed } ] }',
    record: RENEWED,
    field: 'streams',
    atMs: 4900,
  },
  {
    what: 'a stream that closed otherwise',
    expects: '{ streams: [ { closed: ended }, {} ] }',
    record: RENEWED,
    field: 'streams[0].closed',
    atMs: 5000,
  },
  {
    what: 'a stream that was told nothing of what was said',
    expects: '{ streams: [ {}, { history: [ { role: caller } ] } ] }',
    call: { histories: [[], []] },
    record: RENEWED,
    field: 'streams[1].history[0]',
    atMs: 4900,
  },
  {
    what: 'a stream that was told other words',
    expects: '{ streams: [ {}, { history: [ { role: caller }, { role: agent, text: Thank you. Goodbye. } ] } ] }',
    call: TOLD_AGAIN,
    record: RENEWED,
    field: 'streams[1].history[1].text',
    atMs: 4900,
  },
  {
    what: 'a stream that was told them as the words of the other',
    expects: '{ streams: [ {}, { history: [ { role: agent }, { role: agent } ] } ] }',
    call: TOLD_AGAIN,
    record: RENEWED,
    field: 'streams[1].history[0].role',
  },
  {
    what: 'a stream that was told more than that',
    expects: '{ streams: [ {}, { history: [ { role: caller } ] } ] }',
    call: TOLD_AGAIN,
    record: RENEWED,
    field: 'streams[1].history',
  },
  {
    what: 'what a stream was told, where that cannot be known',
    expects: '{ streams: [ { history: [] }, {} ] }',
    record: RENEWED,
    field: 'streams[0].history',
    atMs: 0,
  },
  { what: 'a renewal that did not come', expects: '{ renewals: 2 }', record: RENEWED, field: 'renewals' },
  { what: 'a renewal too many', expects: '{ renewals: 0 }', record: RENEWED, field: 'renewals', atMs: 5000 },
  {
    what: 'more counted than may be',
    expects: '{ usage: { output: { speechTokens: { atMost: 79 } } } }',
    record: RENEWED,
    field: 'usage.output.speechTokens.atMost',
  },
  {
    what: 'words of a meaning that nobody can judge',
    expects: '{ turns: [ { role: caller, text: { meaning: that the robot shall move } } ] }',
    field: 'turns[0].text',
    atMs: 1100,
    turn: 1,
  },
  {
    what: 'words of a meaning that must not be heard, and that nobody can judge',
    expects: '{ heard: { not: [ { meaning: that the order is late } ] } }',
    field: 'heard.not[0]',
    turn: 2,
  },
  {
    what: 'a step that never came',
    expects: '{}',
    call: { missed: [{ message: 'the call ended before step 2', atMs: 8000 }] },
    field: 'caller',
  },
  {
    what: 'a message that the carrier cannot take',
    expects: '{}',
    call: { warnings: [{ code: 31951, text: 'bad mark', atMs: 10 }] },
    field: 'carrier',
    atMs: 10,
  },
  {
    what: 'a broken rule of the model',
    expects: '{}',
    call: { modelFaults: [{ message: 'no promptStart', atMs: 1234.4 }] },
    field: 'model',
    atMs: 1234,
  },
  {
    what: 'other words',
    expects: '{ turns: [ { role: caller, text: go back } ] }',
    field: 'turns[0].text',
    atMs: 1100,
  },
  { what: 'another speaker', expects: '{ turns: [ { role: agent } ] }', field: 'turns[0].role', atMs: 1100 },
  {
    what: 'fewer turns',
    expects: '{ turns: [ { role: caller }, { role: agent }, { role: caller } ] }',
    field: 'turns[2]',
  },
  {
    what: 'more heard than was',
    expects: '{ turns: [ { role: caller }, { role: agent, heardText: Thank you. You entered ten. } ] }',
    record: CUT_RECORD,
    field: 'turns[1].heardText',
    atMs: 4000,
  },
  {
    what: 'a cut that did not come',
    expects: '{ turns: [ { role: caller }, { role: agent, interrupted: true } ] }',
    field: 'turns[1].interrupted',
    atMs: 7000,
  },
  { what: 'one turn too many', expects: '{ turnCount: 1 }', field: 'turnCount' },
  { what: 'a tool that was not called', expects: '{ toolCalls: [ { name: order_status } ] }', field: 'toolCalls[0]' },
  {
    what: 'another tool',
    expects: '{ toolCalls: [ { name: other } ] }',
    record: { toolCalls: [toolCall()] },
    field: 'toolCalls[0].name',
    atMs: 3300,
  },
  {
    what: 'another input',
    expects: '{ toolCalls: [ { name: order_status, input: { order: "1" } } ] }',
    record: { toolCalls: [toolCall()] },
    field: 'toolCalls[0].input',
  },
  {
    what: 'another outcome',
    expects: '{ toolCalls: [ { name: order_status, outcome: failed } ] }',
    record: { toolCalls: [toolCall()] },
    field: 'toolCalls[0].outcome',
  },
  {
    what: 'another kind of tool',
    expects: '{ toolCalls: [ { name: order_status, kind: agentcore } ] }',
    record: { toolCalls: [toolCall()] },
    field: 'toolCalls[0].kind',
  },
  {
    what: 'another answer of a tool',
    expects:
      '{ toolCalls: [ { name: order_status, output: { passages: [ { text: "/8 is sent/" } ] } }, { name: opening_hours } ] }',
    record: ANSWERED,
    field: 'toolCalls[0].output',
  },
  {
    what: 'tools one after the other',
    expects: '{ toolCalls: [ { name: order_status }, { name: order_status, atOnce: true } ] }',
    record: { toolCalls: [toolCall(), toolCall({ startMs: 3500 })] },
    field: 'toolCalls[1].atOnce',
    atMs: 3500,
  },
  {
    what: 'a sound of waiting that came late',
    expects: '{ heard: { waiting: { afterAtMost: 1100ms } } }',
    call: WAITED,
    record: ANSWERED,
    field: 'heard.waiting.afterAtMost',
  },
  {
    what: 'a sound of waiting that did not come',
    expects: '{ heard: { waiting: { afterAtLeast: 1s } } }',
    record: ANSWERED,
    field: 'heard.waiting.after',
  },
  {
    what: 'a sound of waiting that was not wanted',
    expects: '{ heard: { waiting: { atMost: 0ms } } }',
    call: WAITED,
    field: 'heard.waiting.atMost',
  },
  {
    what: 'another person',
    expects: '{ dialled: [ { to: "+14155550181" } ] }',
    call: DIALLED,
    field: 'dialled[0]',
    atMs: 7000,
  },
  {
    what: 'another whisper',
    expects: '{ dialled: [ { to: "+14155550180", whisper: Hello. } ] }',
    call: DIALLED,
    field: 'dialled[0].whisper',
    atMs: 7000,
  },
  { what: 'a person too many', expects: '{ dialled: [] }', call: DIALLED, field: 'dialled', atMs: 7000 },
  {
    what: 'what the model was not told',
    expects: '{ known: [ the caller likes teas ] }',
    call: TOLD,
    field: 'known[0]',
  },
  {
    what: 'a tool call too many',
    expects: '{ toolCalls: [] }',
    record: { toolCalls: [toolCall()] },
    field: 'toolCalls[0]',
  },
  {
    what: 'a long gap',
    expects: '{ heard: { noGapOver: 40ms } }',
    call: { gaps: [{ atMs: 5000, forMs: 41, afterPlayedMs: 1000 }] },
    field: 'heard.noGapOver',
    atMs: 5000,
  },
  {
    what: 'an agent that goes on',
    expects: '{ heard: { notAfterInterruption: 5ms } }',
    call: INTERRUPTED,
    field: 'heard.notAfterInterruption',
    atMs: 5200,
  },
  {
    what: 'late audio of a cut turn',
    expects: '{ heard: { notAfterInterruption: 300ms } }',
    call: {
      ...INTERRUPTED,
      agentStretches: [
        { startMs: 4000, endMs: 5210, cut: true },
        { startMs: 5230, endMs: 5260, cut: false },
      ],
    },
    field: 'heard.notAfterInterruption',
    atMs: 5230,
  },
  { what: 'too little heard', expects: '{ heard: { atLeast: 4s } }', field: 'heard.atLeast' },
  { what: 'too much heard', expects: '{ heard: { atMost: 2s } }', field: 'heard.atMost' },
  { what: 'other words heard in all', expects: '{ heard: { text: hello } }', field: 'heard.text' },
  { what: 'a silent carrier', expects: '{ spoken: [ "/sorry/" ] }', field: 'spoken[0]' },
  {
    what: 'a carrier that speaks',
    expects: '{ spoken: [] }',
    call: { spoken: [{ text: 'Goodbye.', atMs: 7000 }] },
    field: 'spoken',
    atMs: 7000,
  },
  { what: 'a long wait', expects: '{ limits: { responseGap: 1099ms } }', field: 'limits.responseGap', atMs: 4000 },
  { what: 'dead air', expects: '{ limits: { deadAir: 1s } }', field: 'limits.deadAir', atMs: 0 },
  { what: 'another end', expects: '{ endReason: agent-hung-up }', field: 'endReason', atMs: 8000 },
  {
    what: 'a clear too many',
    expects: '{ clears: 0 }',
    call: { clears: [{ atMs: 5200, queuedMs: 900 }] },
    field: 'clears',
  },
  { what: 'too little filled', expects: '{ audio: { filledAtLeast: 1ms } }', field: 'audio.filledAtLeast' },
  {
    what: 'dropped audio',
    expects: '{ audio: { droppedAtMost: 0ms } }',
    record: { audio: { deadAirMs: 0, filledMs: 0, droppedMs: 20, clears: 0 } },
    field: 'audio.droppedAtMost',
  },
  {
    what: 'keys in a log',
    expects: '{ keysNotInLog: true }',
    call: { ...KEYS, logLines: ['{"digits":"314159"}'] },
    field: 'keysNotInLog',
  },
  { what: 'keys too few to tell', expects: '{ keysNotInLog: true }', field: 'keysNotInLog' },
];

const judge = ({ expects, call, record }: Row) =>
  failuresOf(scriptExpecting(expects), replayedCall(call), callRecord(record));

describe('expectations', () => {
  it.each(HOLDS)('hold for $what', (row) => {
    expect(judge(row)).toEqual([]);
  });

  it.each(FAILS)('fail for $what', ({ field, atMs, turn, ...row }) => {
    const failures = judge(row);

    expect(failures).toHaveLength(1);
    expect(failures[0]).toMatchObject({
      field,
      ...(atMs !== undefined && { atMs }),
      ...(turn !== undefined && { turn }),
    });
  });

  it('name the turn, the time, what was expected and what was found', () => {
    const failures = judge({ what: '', expects: '{ turns: [ { role: caller, text: go back } ] }' });

    expect(failures).toEqual([
      {
        field: 'turns[0].text',
        turn: 1,
        atMs: 1100,
        expected: '"go back"',
        found: '"go forward ten meters"',
        message: 'expected "go back", found "go forward ten meters"',
      },
    ]);
  });

  it('know their time, all of them', () => {
    const timeless = FAILS.filter((row) => judge(row).some(({ atMs }) => atMs === undefined));

    expect(timeless.map(({ what }) => what)).toEqual([]);
  });

  it('say what they expected and found, but for what no fixture has to ask for', () => {
    const unasked = ['caller', 'carrier', 'model'];
    const silent = FAILS.filter(({ field }) => !unasked.includes(field)).filter((row) =>
      judge(row).some(({ expected, found }) => !expected || !found),
    );

    expect(silent.map(({ what }) => what)).toEqual([]);
  });

  it('come by their time, and what only follows from others comes last', () => {
    const failures = judge({
      what: '',
      expects:
        '{ turns: [ { role: agent }, { role: agent, heardText: Hello. }, { role: caller } ], turnCount: 3, heard: { atLeast: 9s }, endReason: silence, limits: { responseGap: 1s } }',
      call: { missed: [{ message: 'the call ended before step 2', atMs: 10 }] },
    });

    expect(failures.map(({ field }) => field)).toEqual([
      'turns[0].role',
      'limits.responseGap',
      'heard.atLeast',
      'endReason',
      'caller',
      'turns[1].heardText',
      'turns[2]',
      'turnCount',
    ]);
  });

  it('tell that nothing was heard at the time when it was due', () => {
    const [failure] = judge({
      what: '',
      expects: '{ heard: { atLeast: 1s } }',
      call: { heardMs: 0, agentStretches: [] },
    });

    expect(failure).toMatchObject({ field: 'heard.atLeast', atMs: 4000 });
  });

  it('name the one tool that was not called, and the one that was called too much', () => {
    const record = { toolCalls: [toolCall(), toolCall({ name: 'end_call', startMs: 6000 })] };
    const told = (names: string[]) =>
      judge({
        what: '',
        expects: `{ toolCalls: [ ${names.map((name) => `{ name: ${name} }`).join(', ')} ] }`,
        record,
      }).map(({ field, message, atMs, tool }) => [field, message, atMs, tool]);

    expect(told(['handbook', 'order_status', 'end_call'])).toEqual([
      ['toolCalls[0]', 'handbook was not called (expected as tool call 1)', 3300, undefined],
    ]);
    expect(told(['order_status', 'end_call', 'end_call'])).toEqual([
      ['toolCalls[2]', 'end_call was not called again (expected as tool call 3)', 8000, undefined],
    ]);
    expect(told(['end_call'])).toEqual([
      ['toolCalls[1]', 'order_status was called and not expected (as tool call 1)', 3300, 1],
    ]);
    expect(told(['order_status', 'transfer'])).toEqual([
      ['toolCalls[1].name', 'expected transfer, found end_call', 6000, 2],
    ]);
  });

  it('miss the call of a tool whose data was not found, when there are several of its name', () => {
    const failures = judge({
      what: '',
      expects: '{ toolCalls: [ { name: order_status, input: { order: "7" } }, { name: order_status } ] }',
      record: { toolCalls: [toolCall()] },
    });

    expect(failures.map(({ field }) => field)).toEqual(['toolCalls[0]']);
  });

  it('have no turn before the first one', () => {
    const [failure] = judge({ what: '', expects: '{ limits: { deadAir: 1s } }' });

    expect(failure).toMatchObject({ atMs: 0 });
    expect(failure?.turn).toBeUndefined();
  });

  it('leave to a judge what words mean, and need none for silence', () => {
    const [asked] = judge({ what: '', expects: '{ heard: { text: { meaning: that ten was entered } } }' });
    const [silent] = judge({
      what: '',
      expects: '{ heard: { text: { meaning: that ten was entered } } }',
      record: { turns: [CALLER_TURN] },
    });

    expect(asked).toMatchObject({
      message: 'cannot tell: no judge is configured (--judge)',
      expected: 'words that mean: that ten was entered',
      question: { meaning: 'that ten was entered', text: 'Thank you. You entered ten.', expected: 'yes' },
    });
    expect(silent).toMatchObject({ found: 'no words' });
    expect(silent?.question).toBeUndefined();
  });

  it('fail when the bridge has no record', () => {
    const failures = failuresOf(scriptExpecting('{}'), replayedCall(), undefined);

    expect(failures).toEqual([{ field: 'record', message: 'the bridge has no record of the call', atMs: 8000 }]);
  });
});
