import type { Voice } from '../../emulator/bedrock/voice.js';
import { encodeMulaw } from '../../emulator/phone/mulaw.js';
import type { CallerStep } from '../fixture/schema.js';
import { type CheckedFile, type FileFault, fieldName } from '../fixture/yaml-file.js';
import type { Fact, Simulated } from './schema.js';

const RATE_HZ = 8000;

/** The caller's step that brings a fact forward. */
export function stepOf(name: string, fact: Fact): CallerStep {
  if (fact.kind === 'keys') return { kind: 'press', keys: fact.words };
  const file = fact.kind === 'recorded' ? fact.file : composedName(name);
  return { kind: 'say', file, text: fact.words };
}

/** The facts that are put together from clips, by the name of their recording, and those for which clips are wanting. */
export function composedPhrases(
  { value: { simulated }, lineOf }: CheckedFile<{ simulated?: Simulated | undefined }>,
  voice: Voice,
): { recordings: Map<string, Uint8Array>; faults: FileFault[] } {
  const recordings = new Map<string, Uint8Array>();
  const faults: FileFault[] = [];
  for (const [name, fact] of Object.entries(simulated?.facts ?? {})) {
    if (fact.kind !== 'composed') continue;
    const missing = voice.missingWords(fact.words);
    if (missing.length === 0) {
      recordings.set(composedName(name), spoken(voice, fact.words));
      continue;
    }
    const at = ['simulated', 'facts', name, 'words'];
    const reason = `has words without a clip in fixtures/voice: ${missing.join(', ')}`;
    faults.push({ line: lineOf(...at), field: fieldName(at), reason });
  }
  return { recordings, faults };
}

function composedName(fact: string): string {
  return `composed-${fact}.wav`;
}

function spoken(voice: Voice, words: string): Uint8Array {
  return Buffer.concat(voice.speak(words, RATE_HZ).map(({ samples }) => encodeMulaw(samples)));
}
