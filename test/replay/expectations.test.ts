import { describe, expect, it } from 'vitest';
import type { CallRecord } from '../../src/call/record.js';
import { failuresOf } from '../../src/replay/expectations.js';
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

const HOLDS: Row[] = [
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

const FAILS: (Row & { field: string; atMs?: number })[] = [
  {
    what: 'a step that never came',
    expects: '{}',
    call: { missed: ['the call ended before step 2'] },
    field: 'caller',
  },
  {
    what: 'a message that the carrier cannot take',
    expects: '{}',
    call: { warnings: [{ code: 31951, text: 'bad mark', atMs: 10 }] },
    field: 'carrier',
    atMs: 10,
  },
  { what: 'a broken rule of the model', expects: '{}', call: { modelFaults: ['no promptStart'] }, field: 'model' },
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

  it.each(FAILS)('fail for $what', ({ field, atMs, ...row }) => {
    const failures = judge(row);

    expect(failures).toHaveLength(1);
    expect(failures[0]).toMatchObject({ field, ...(atMs !== undefined && { atMs }) });
  });

  it('name what was expected and what was found', () => {
    const [failure] = judge({ what: '', expects: '{ turns: [ { role: caller, text: go back } ] }' });

    expect(failure?.message).toBe('expected "go back", found "go forward ten meters"');
  });

  it('fail when the bridge has no record', () => {
    const failures = failuresOf(scriptExpecting('{}'), replayedCall(), undefined);

    expect(failures).toEqual([{ field: 'record', message: 'the bridge has no record of the call' }]);
  });
});
