import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { readBoxes } from '../../blackbox/boxes.js';
import { loadVoice } from '../../emulator/bedrock/voice.js';
import { BridgeError } from '../../errors.js';
import { loadFixture, VOICE_DIR } from '../fixture.js';
import { type FixtureFiles, type FixtureOptions, fixtureFiles } from './fixture-files.js';
import { recordedInBox } from './from-box.js';
import type { RecordedCall } from './recorded-call.js';

/**
 * The call in the black box below a data directory; `stream` counts its media streams from 1. Throws `NOT_FOUND`, or what is
 * wrong with the box.
 */
export async function recordedCall(dataDir: string, callSid: string, stream = 1): Promise<RecordedCall> {
  const boxes = await readBoxes(join(resolve(dataDir), 'blackboxes', basename(callSid)));
  const box = boxes[stream - 1];
  if (box) return recordedInBox(box);
  const has = boxes.length === 0 ? 'there is no black box' : `there are ${boxes.length} black boxes`;
  throw new BridgeError(
    'NOT_FOUND',
    `${has} of ${callSid} in ${resolve(dataDir)}; a number with "recording" keeps them`,
  );
}

/**
 * Writes the fixture of a recorded call to a new folder and reads it again, as a replay would. Throws `CONFLICT` when the
 * folder exists, and `FIXTURE_INVALID` when the call makes no fixture; then nothing is left of it.
 */
export function writeFixture(
  call: RecordedCall,
  folder: string,
  options: Omit<FixtureOptions, 'canSay'>,
): FixtureFiles {
  const path = resolve(folder);
  if (existsSync(path)) throw new BridgeError('CONFLICT', `${path} exists already`, { path });
  const made = fixtureFiles(call, { ...options, canSay });
  mkdirSync(dirname(path), { recursive: true });
  mkdirSync(path);
  try {
    for (const [name, content] of made.files) writeFileSync(join(path, name), content);
    loadFixture(path);
  } catch (error) {
    rmSync(path, { recursive: true, force: true });
    throw error;
  }
  return made;
}

function canSay(words: string): boolean {
  return words !== '' && loadVoice(VOICE_DIR).missingWords(words).length === 0;
}
