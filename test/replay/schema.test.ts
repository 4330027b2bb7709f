import { describe, expect, it } from 'vitest';
import { callSchema } from '../../src/replay/fixture/schema.js';
import { parseYamlFile } from '../../src/replay/fixture/yaml-file.js';
import { CALL_YAML } from './calls.js';

const parse = (text: string) => parseYamlFile(text, 'call.yaml', callSchema).value;

const faultsIn = (text: string): string => {
  try {
    parse(text);
  } catch (error) {
    expect(error).toMatchObject({ code: 'FIXTURE_INVALID' });
    return (error as Error).message;
  }
  return 'no fault';
};

describe('call.yaml', () => {
  it('reads steps, moments and lengths of time', () => {
    const { caller, network, expect: expected, timeout } = parse(CALL_YAML);

    expect(caller).toEqual([
      { kind: 'say', file: 'goforward.wav', text: 'go forward ten meters', atMs: 600 },
      {
        kind: 'press',
        keys: '2#',
        after: { moment: { kind: 'agent-turn', number: 1, edge: 'ended' }, plusMs: 0 },
      },
      { kind: 'hang-up', after: { moment: { kind: 'agent-turn', number: 1, edge: 'ended' }, plusMs: 500 } },
    ]);
    expect(network).toEqual({ jitterMs: 15, seed: 7, gaps: [{ at: 2000, for: 300, kind: 'lost' }] });
    expect(expected.limits).toEqual({ responseGap: 1500, deadAir: 4000 });
    expect(timeout).toBe(60_000);
  });

  it('reads the example of its own documentation', () => {
    const step = parse(
      CALL_YAML.replace('agent-turn 1 ended + 0.5s', 'tool order_status called + 1s').replace(
        'agent-turn 1 ended\n',
        'caller-step 1 started + 20ms\n',
      ),
    ).caller;

    expect(step[1]?.after).toEqual({ moment: { kind: 'caller-step', number: 1, edge: 'started' }, plusMs: 20 });
    expect(step[2]?.after).toEqual({
      moment: { kind: 'tool', name: 'order_status', edge: 'called' },
      plusMs: 1000,
    });
  });

  it.each([
    ['an unknown field', 'agent: rover', 'agnt: rover', 'call.yaml:4: agnt is no field here'],
    ['a missing field', 'agent: rover\n', '', 'agent is missing'],
    ['a number without quotes', '"+14155550100"', '+14155550100', 'call.yaml:2: from'],
    ['a time without unit', 'at: 600ms', 'at: 600', 'call.yaml:8: caller[0].at must be a length of time'],
    ['a moment that is none', 'agent-turn 1 ended\n', 'agent 1 ended\n', 'call.yaml:10: caller[1].after must be like'],
    ['turn zero', 'agent-turn 1 ended\n', 'agent-turn 0 ended\n', 'call.yaml:10: caller[1].after must be like'],
    ['keys that no telephone has', '"2#"', '"2x"', 'call.yaml:9: caller[1].press must be keys'],
    ['keys without quotes', '"2#"', '2', 'call.yaml:9: caller[1].press'],
    [
      'two things in one step',
      '  - press: "2#"',
      '  - press: "2#"\n    say: a.wav',
      'caller[1] must have exactly one of',
    ],
    [
      'two times of one step',
      'at: 600ms',
      'at: 600ms\n    after: agent-turn 1 ended',
      'must not have both at and after',
    ],
    ['a recording outside of the fixtures', 'goforward.wav', '../../etc/a.wav', 'caller[0].say must be the name'],
    ['a role that is none', 'role: caller', 'role: user', 'call.yaml:15: expect.turns[0].role'],
    [
      'an expectation that is none',
      'interrupted: true',
      'interupted: true',
      'expect.turns[1].interupted is no field here',
    ],
    [
      'a pattern that is none',
      'text: go forward ten meters }',
      'text: "/(/" }',
      'expect.turns[0].text is no regular expression',
    ],
    [
      'a pattern within data that is none',
      'endReason: caller-hung-up',
      'toolCalls: [ { name: a, output: { b: [ "/(/" ] } } ]',
      'call.yaml:17: expect.toolCalls[0].output holds no regular expression: /(/',
    ],
    ['an end that is none', 'endReason: caller-hung-up', 'endReason: bye', 'call.yaml:17: expect.endReason'],
    ['a time beyond all calls', 'at: 600ms', 'at: 999999s', 'caller[0].at must be 24 hours at most'],
    [
      'words that are no words',
      'text: go forward ten meters }',
      'text: 10 }',
      'call.yaml:15: expect.turns[0].text must be words in quotes, a /pattern/, or { meaning:',
    ],
    [
      'a meaning that is none',
      'text: go forward ten meters }',
      'text: { meaning: "" } }',
      'call.yaml:15: expect.turns[0].text.meaning must say what is meant',
    ],
    [
      'limits that nothing can keep',
      'endReason: caller-hung-up',
      'heard: { atLeast: 2s, atMost: 1s }',
      'call.yaml:17: expect.heard.atLeast is more than atMost',
    ],
    [
      'input both loose and exact',
      'endReason: caller-hung-up',
      'toolCalls: [ { name: a, input: {}, exactInput: {} } ]',
      'expect.toolCalls[0] must not have both input and exactInput',
    ],
    [
      'a moment that is none before a tool',
      'endReason: caller-hung-up',
      'toolCalls: [ { name: a, notBefore: lunch } ]',
      'expect.toolCalls[0].notBefore must be like',
    ],
    ['noise as loud as can be', 'jitterMs: 15', 'noise: { dbfs: 3 }', 'call.yaml:13: network.noise.dbfs'],
    ['noise of no kind', 'jitterMs: 15', 'noise: { dbfs: -40, kind: blue }', 'network.noise.kind'],
    ['an echo before the sound', 'jitterMs: 15', 'echo: { db: -20, delay: 1ms }', 'network.echo.delay must be 20ms'],
    [
      'bursts that never end',
      'jitterMs: 15',
      'bursts: { for: 2s, every: 2s }',
      'network.bursts.every must be longer than for (2000 ms)',
    ],
    ['a gap of no length', 'for: 300ms', 'for: 0ms', 'network.gaps[0].for must be longer than 0 ms'],
    ['an alias of nothing', 'agent: rover', 'agent: *nobody', 'call.yaml:4: *nobody is an alias of nothing before it'],
    [
      'data that holds itself',
      'endReason: caller-hung-up',
      'toolCalls: [ { name: a, input: &own { b: *own } } ]',
      'call.yaml:1: has aliases that cannot be followed',
    ],
    ['a second document', 'network:', '---\nnetwork:', 'call.yaml:13: begins a second document (---)'],
    ['YAML that is none', 'agent: rover', 'agent: [', 'call.yaml:5: '],
  ])('refuses %s with its line and reason', (_what, from, to, fault) => {
    const text = CALL_YAML.replace(from, to);

    expect(text).not.toBe(CALL_YAML);
    expect(faultsIn(text)).toContain(fault);
  });

  it('reads words by their meaning, and everything that can be on the line', () => {
    const { network, expect: expected } = parse(
      CALL_YAML.replace(
        'jitterMs: 15',
        'noise: { dbfs: -45 }, echo: { db: -20 }, talker: { say: a.wav, dbfs: -30 }, slowReader: { for: 500ms }',
      ).replace('text: go forward ten meters }', 'text: { meaning: that it shall move } }'),
    );

    expect(network).toMatchObject({
      noise: { dbfs: -45, kind: 'white' },
      echo: { db: -20, delay: 120 },
      talker: { say: 'a.wav', dbfs: -30, at: 0 },
      slowReader: { at: 0, for: 500 },
    });
    expect(expected.turns?.[0]).toEqual({
      role: 'caller',
      text: { kind: 'meaning', meaning: 'that it shall move' },
    });
  });

  it('tells all faults at once', () => {
    const text = CALL_YAML.replace('600ms', '600').replace('agent: rover', 'agnt: rover').replace('bye', 'x');

    expect(faultsIn(text).split('\n')).toHaveLength(3);
  });
});
