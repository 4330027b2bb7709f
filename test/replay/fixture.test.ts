import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import wavefile from 'wavefile';
import { FIXTURES_DIR, loadFixture } from '../../src/replay/fixture/fixture.js';

describe('a recorded call', () => {
  let dir: string;

  beforeEach(() => {
    dir = join(mkdtempSync(join(tmpdir(), 'call-')), 'question-gets-an-answer');
    cpSync(join(FIXTURES_DIR, 'calls', 'question-gets-an-answer'), dir, { recursive: true });
  });
  afterEach(() => rmSync(join(dir, '..'), { recursive: true }));

  const change = (file: string, from: string, to: string) => {
    const path = join(dir, file);
    writeFileSync(path, readFileSync(path, 'utf8').replace(from, to));
  };
  const fault = (): string => {
    try {
      loadFixture(dir);
    } catch (error) {
      expect(error).toMatchObject({ code: 'FIXTURE_INVALID' });
      return (error as Error).message;
    }
    return 'no fault';
  };

  it('finds its agent and its recordings in the project, wherever it lies', () => {
    const { name, agent, recordings, model } = loadFixture(dir);

    expect(name).toBe('question-gets-an-answer');
    expect(agent?.agent.name).toBe('Rover');
    expect(recordings.get('goforward.wav')?.length).toBeGreaterThan(8 * 2000);
    expect(model?.turns).toHaveLength(1);
  });

  it('prefers what lies beside it', () => {
    writeFileSync(join(dir, 'rover.yaml'), 'name: Mine\nsystemPrompt: Help.\nnumber: { notice: This is a test. }\n');

    expect(loadFixture(dir).agent).toMatchObject({ agent: { name: 'Mine' }, number: { notice: 'This is a test.' } });
  });

  it('needs no lines for the model', () => {
    rmSync(join(dir, 'model.yaml'));

    expect(loadFixture(dir).model).toBeUndefined();
  });

  it('may name the id of an agent on another bridge', () => {
    change('call.yaml', 'agent: rover', 'agent: agent_1');

    expect(loadFixture(dir).agent).toBeUndefined();
  });

  it.each([
    [
      'a recording that is nowhere',
      'goforward.wav',
      'nowhere.wav',
      /call\.yaml:6: caller\[0\]\.say nowhere\.wav is neither/,
    ],
    ['an agent that is nowhere', 'agent: rover', 'agent: nobody', /call\.yaml:4: agent there is no nobody\.yaml/],
    [
      'a talker who is nowhere',
      'expect:',
      'network: { talker: { say: nobody.wav, dbfs: -30 } }\nexpect:',
      /call\.yaml:11: network\.talker\.say nobody\.wav is neither/,
    ],
    [
      'two recordings at the same time',
      '  - hang-up: true',
      '  - say: numbers.wav\n    at: 1s\n  - hang-up: true',
      /call\.yaml:9: caller\[1\] begins while step 1 is still speaking, which takes 27\d\d ms/,
    ],
    [
      'a recording in the middle of another',
      '  - hang-up: true',
      '  - say: numbers.wav\n    after: caller-step 1 started + 1s\n  - hang-up: true',
      /caller\[1\] begins while step 1 is still speaking/,
    ],
    [
      'steps that go back in time',
      '    after: agent-turn 1 ended + 500ms',
      '    at: 100ms',
      /call\.yaml:10: caller\[1\]\.at is before the 600 ms of a step before it/,
    ],
    [
      'a step after the end of all time',
      'at: 600ms',
      'at: 61s',
      /call\.yaml:8: caller\[0\]\.at comes after the call has timed out \(60000 ms\)/,
    ],
    [
      'a break after the end of all time',
      'expect:',
      'network: { cutAt: 2s }\ntimeout: 1s\nexpect:',
      /call\.yaml:11: network\.cutAt comes after the call has timed out/,
    ],
    [
      'a tool that waits for no step',
      'toolCalls: []',
      'toolCalls: [ { name: a, notBefore: caller-step 3 ended } ]',
      /expect\.toolCalls\[0\]\.notBefore names step 3, but the caller has 2/,
    ],
    [
      'a step that waits for a later one',
      'agent-turn 1 ended',
      'caller-step 2 ended',
      /call\.yaml:10: .*does not come before it/,
    ],
  ])('refuses %s', (_what, from, to, message) => {
    change('call.yaml', from, to);

    expect(fault()).toMatch(message);
  });

  it('refuses words for which the local voice has no clip', () => {
    change('model.yaml', 'Thank you. You entered ten.', 'Photosynthesis.');

    expect(fault()).toMatch(/model\.yaml: .*line 3.*Photosynthesis/);
  });

  it.each([
    ['say', 'audio'],
    ['sayFirst', 'audioFirst'],
  ])('takes any words as %s when %s is what sounds', (words, audio) => {
    const turn = `    ${words}: Photosynthesis.\n    ${audio}: hello.wav\n    call: { end_call: {} }`;
    change('model.yaml', '    say: Thank you. You entered ten.', turn);

    expect(loadFixture(dir).model?.turns[0]).toMatchObject({ [words]: 'Photosynthesis.' });
  });

  it('refuses a recording that is no sound', () => {
    writeFileSync(join(dir, 'goforward.wav'), 'no sound');

    expect(fault()).toContain('goforward.wav is not a WAV file');
  });

  it("says what it changed of a recording, but not of the project's own", () => {
    const wav = new wavefile.WaveFile();
    wav.fromScratch(2, 44_100, '16', [new Int16Array(44_100).fill(900), new Int16Array(44_100).fill(900)]);
    expect(loadFixture(dir).notes).toEqual([]);

    writeFileSync(join(dir, 'goforward.wav'), wav.toBuffer());

    const { notes, recordings } = loadFixture(dir);
    expect(notes).toEqual([
      `${join(dir, 'call.yaml')}:6: caller[0].say goforward.wav was converted from 44100 Hz to 8000 Hz and was mixed from 2 channels into one`,
    ]);
    expect(recordings.get('goforward.wav')).toHaveLength(8000);
  });

  it.each(['call.yaml', 'model.yaml', 'services.yaml'])('refuses a %s that is no file', (name) => {
    rmSync(join(dir, name), { force: true });
    mkdirSync(join(dir, name));

    expect(fault()).toContain(`${name} cannot be read`);
  });

  it('refuses an agent that its voice model cannot be', () => {
    writeFileSync(join(dir, 'rover.yaml'), 'name: Mine\nsystemPrompt: Help {{nobody}}.\n');

    expect(fault()).toMatch(/rover\.yaml:2: systemPrompt unknown variable/);
  });
});
