import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { readBoxes } from '../../blackbox/boxes.js';
import { loadVoice } from '../../emulator/bedrock/voice.js';
import { BridgeError } from '../../errors.js';
import { type FixtureFiles, fixtureFiles } from '../../fixture-maker/fixture-files.js';
import { recordedInBox } from '../../fixture-maker/from-box.js';
import { loadFixture, VOICE_DIR } from '../fixture/fixture.js';
import { markerIn } from '../stack/stacked-call.js';

export interface MakeOptions {
  /** Names and other texts that must not be in it. */
  redact: readonly string[];
  /** A file of `fixtures/agents` to use, without `.yaml`; else the call's agent is written beside the call. */
  agent?: string;
  /** Which media stream of the call, from 1. */
  stream: number;
}

/**
 * The fixture of a call in the black box below a data directory. Throws `NOT_FOUND`, or what is wrong with the box.
 */
export async function fixtureOfCall(dataDir: string, callSid: string, options: MakeOptions): Promise<FixtureFiles> {
  const { redact, agent, stream } = options;
  const boxes = await readBoxes(join(resolve(dataDir), 'blackboxes', basename(callSid)));
  const box = boxes[stream - 1];
  if (box) return fixtureFiles(recordedInBox(box), { redact, canSay, ...(agent && { agent }) });
  const has = boxes.length === 0 ? 'there is no black box' : `there are ${boxes.length} black boxes`;
  throw new BridgeError(
    'NOT_FOUND',
    `${has} of ${callSid} in ${resolve(dataDir)}; a number with "recording" keeps them`,
  );
}

/**
 * Writes the files of a fixture to a new folder and reads them again, as a replay would. Throws `CONFLICT` when the folder
 * exists, and `FIXTURE_INVALID` when the call makes no fixture; then nothing is left of it.
 */
export function writeFixture(files: FixtureFiles, folder: string): void {
  const path = resolve(folder);
  if (existsSync(path)) throw new BridgeError('CONFLICT', `${path} exists already`, { path });
  mkdirSync(dirname(path), { recursive: true });
  mkdirSync(path);
  try {
    for (const [name, content] of files) {
      writeFileSync(join(path, name), name === 'agent.yaml' ? withoutMarker(String(Buffer.from(content))) : content);
    }
    loadFixture(path);
  } catch (error) {
    rmSync(path, { recursive: true, force: true });
    throw error;
  }
}

/** On the local stack a call is known by a marker, which would make it another one there. */
function withoutMarker(agent: string): string {
  const marker = markerIn(agent);
  if (marker === undefined) return agent;
  const [before = '', after = ''] = agent.split(marker);
  return before.trimEnd() + after;
}

function canSay(words: string): boolean {
  return words !== '' && loadVoice(VOICE_DIR).missingWords(words).length === 0;
}
