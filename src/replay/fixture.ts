import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { z } from 'zod';
import { type AgentInput, agentInputSchema, beyondTheModel } from '../directory/agent.js';
import { numberInputSchema } from '../directory/number.js';
import { type ModelScript, parseModelScript } from '../emulator/bedrock/script.js';
import { loadVoice } from '../emulator/bedrock/voice.js';
import { type CallerWav, callerWav } from '../emulator/phone/wav.js';
import { BridgeError, messageOf } from '../errors.js';
import { impossibleIn } from './fixture-checks.js';
import { type CallScript, callSchema } from './schema.js';
import { type Services, servicesSchema, unaskedServices } from './services.js';
import type { CallerMind } from './simulated/mind.js';
import { composedPhrases } from './simulated/phrases.js';
import type { Simulated } from './simulated/schema.js';
import { type CheckedFile, fieldName, parseYamlFile, refuse } from './yaml-file.js';

/** The model whose abilities an agent of a fixture is checked against when it names none. */
const DEFAULT_MODEL_ID = 'amazon.nova-2-sonic-v1:0';

/** The project's own fixtures, wherever this file was copied to with them. */
export const FIXTURES_DIR = fileURLToPath(new URL('../../fixtures', import.meta.url));
export const VOICE_DIR = join(FIXTURES_DIR, 'voice');
const SPEECH_DIR = join(FIXTURES_DIR, 'speech');

/** Settings of the number, as interface and API name them; the agent is the fixture's. */
const numberSettings = numberInputSchema.omit({ agentId: true, agentVersion: true });

/** `fixtures/agents/*.yaml`: an agent as the API takes it, and under `number` how its number is set. */
const agentFileSchema = agentInputSchema.safeExtend({ number: numberSettings.prefault({}) });

export interface FixtureAgent {
  agent: AgentInput;
  number: z.infer<typeof numberSettings>;
}

/** A recorded call, read whole and checked. */
export interface Fixture {
  /** The folder's name: what must hold. */
  name: string;
  dir: string;
  call: CallScript;
  /** Undefined when `agent` is the id of an agent on the bridge under test. */
  agent: FixtureAgent | undefined;
  /** Undefined: the local model answers sensibly by itself. */
  model: ModelScript | undefined;
  /** What the services that the agent asks answer (local stack). */
  services: Services;
  /** What the caller says, and who else is heard, by the recording's name: mu-law at 8 kHz. */
  recordings: ReadonlyMap<string, Uint8Array>;
  /** Decides for a simulated caller; without it the rules of the file do. */
  mindOf?: ((script: Simulated) => CallerMind) | undefined;
  /** What was changed when it was read, such as a recording of another rate. The project's own speech goes without saying. */
  notes: readonly string[];
}

/** Reads a folder of a recorded call. Throws `FIXTURE_INVALID` naming file, line and reason of every fault found. */
export function loadFixture(folder: string): Fixture {
  const dir = resolve(folder);
  const path = join(dir, 'call.yaml');
  if (!existsSync(path)) throw new BridgeError('FIXTURE_INVALID', `${path} does not exist`, { path });
  const file = parseYamlFile(readText(path), path, callSchema);
  const { recordings, notes } = recordingsOf(file, path, dir);
  const impossible = impossibleIn(file, recordings);
  if (impossible.length > 0) refuse(path, impossible);
  const agent = loadAgent(file, path, dir);
  const model = loadModel(dir);
  const services = loadServices(dir, agent?.agent);
  warmUp(model, agent?.agent.audio.outputRateHz ?? 24_000);
  return {
    name: basename(dir),
    dir,
    call: file.value,
    agent,
    model,
    services,
    recordings,
    notes,
  };
}

/** Reads `fixtures/agents/<name>.yaml`. Throws `FIXTURE_INVALID`. */
export function loadAgentFile(path: string): FixtureAgent {
  const { value, lineOf } = parseYamlFile(readText(path), path, agentFileSchema);
  const { number, ...agent } = value;
  const beyond = beyondTheModel(agent, DEFAULT_MODEL_ID);
  if (beyond.length > 0) {
    refuse(
      path,
      beyond.map(({ path: field, message }) => ({ line: lineOf(...field), field: field.join('.'), reason: message })),
    );
  }
  return { agent, number };
}

function loadAgent(file: CheckedFile<CallScript>, path: string, dir: string): FixtureAgent | undefined {
  const { agent } = file.value;
  const places = [
    join(dir, `${agent}.yaml`),
    join(dir, '../../agents', `${agent}.yaml`),
    join(FIXTURES_DIR, 'agents', `${agent}.yaml`),
  ];
  const found = places.find((place) => existsSync(place));
  if (found) return loadAgentFile(found);
  if (agent.startsWith('agent_')) return undefined;
  refuse(path, [
    { line: file.lineOf('agent'), field: 'agent', reason: `there is no ${agent}.yaml in fixtures/agents` },
  ]);
}

function loadModel(dir: string): ModelScript | undefined {
  const path = join(dir, 'model.yaml');
  if (!existsSync(path)) return undefined;
  try {
    return parseModelScript(readText(path), { dir, voiceDir: VOICE_DIR });
  } catch (error) {
    const details = error instanceof BridgeError ? error.details : {};
    throw new BridgeError('FIXTURE_INVALID', `${path}: ${messageOf(error)}`, details, { cause: error });
  }
}

function loadServices(dir: string, agent: AgentInput | undefined): Services {
  const path = join(dir, 'services.yaml');
  if (!existsSync(path)) return servicesSchema.parse({});
  const file = parseYamlFile(readText(path), path, servicesSchema);
  const faults = unaskedServices(file, agent);
  if (faults.length > 0) refuse(path, faults);
  return file.value;
}

/** Converting clips takes longer than a frame: done now, so that no live call stands still for it. */
function warmUp(model: ModelScript | undefined, rateHz: number): void {
  const voice = loadVoice(VOICE_DIR);
  for (const { say, sayFirst, audio, audioFirst } of model?.turns ?? []) {
    if (audioFirst !== undefined) voice.play(audioFirst, sayFirst ?? '', rateHz);
    else if (sayFirst !== undefined) voice.speak(sayFirst, rateHz);
    if (audio !== undefined) voice.play(audio, say ?? '', rateHz);
    else if (say !== undefined) voice.speak(say, rateHz);
  }
}

/** A recording of the project's own, mu-law at 8 kHz. Throws `FIXTURE_INVALID`. */
export function sharedRecording(name: string): Uint8Array {
  return recordingAt(join(SPEECH_DIR, name)).mulaw;
}

const converted = new Map<string, CallerWav>();

function recordingAt(path: string): CallerWav {
  const known = converted.get(path) ?? callerWav(readFileSync(path), basename(path));
  converted.set(path, known);
  return known;
}

function recordingsOf(file: CheckedFile<CallScript>, path: string, dir: string) {
  const { value: call, lineOf } = file;
  const { talker } = call.network;
  const named = [
    ...call.caller.flatMap((step, index) =>
      step.kind === 'say' ? [{ name: step.file, at: ['caller', index, 'say'] }] : [],
    ),
    ...Object.entries(call.simulated?.facts ?? {}).flatMap(([name, fact]) =>
      fact.kind === 'recorded' ? [{ name: fact.file, at: ['simulated', 'facts', name, 'say'] }] : [],
    ),
    ...(talker ? [{ name: talker.say, at: ['network', 'talker', 'say'] }] : []),
  ];
  const { recordings, faults } = composedPhrases(file, loadVoice(VOICE_DIR));
  const notes: string[] = [];
  for (const { name, at } of named) {
    if (recordings.has(name)) continue;
    const place = { line: lineOf(...at), field: fieldName(at) };
    const found = [join(dir, name), join(dir, '../../speech', name), join(SPEECH_DIR, name)].find(existsSync);
    if (!found) {
      faults.push({ ...place, reason: `${name} is neither beside this file nor in fixtures/speech` });
      continue;
    }
    try {
      const { mulaw, changed } = recordingAt(found);
      recordings.set(name, mulaw);
      if (changed && dirname(found) !== SPEECH_DIR)
        notes.push(`${path}:${place.line}: ${place.field} ${name} ${changed}`);
    } catch (error) {
      faults.push({ ...place, reason: messageOf(error) });
    }
  }
  if (faults.length > 0) refuse(path, faults);
  return { recordings, notes };
}

/** Throws `FIXTURE_INVALID` for what cannot be read as a file. */
function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new BridgeError('FIXTURE_INVALID', `${path} cannot be read: ${messageOf(error)}`, { path }, { cause: error });
  }
}
