import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FIXTURES_DIR, loadFixture } from '../../src/replay/fixture.js';

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

  it('refuses a recording that is no sound', () => {
    writeFileSync(join(dir, 'goforward.wav'), 'no sound');

    expect(fault()).toContain('goforward.wav is not a WAV file');
  });

  it('refuses an agent that its voice model cannot be', () => {
    writeFileSync(join(dir, 'rover.yaml'), 'name: Mine\nsystemPrompt: Help {{nobody}}.\n');

    expect(fault()).toMatch(/rover\.yaml:2: systemPrompt unknown variable/);
  });
});
