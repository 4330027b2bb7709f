import { existsSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { z } from 'zod';
import { type AgentInput, agentInputSchema, beyondTheModel } from '../directory/agent.js';
import { numberInputSchema } from '../directory/number.js';
import { type ModelScript, parseModelScript } from '../emulator/bedrock/script.js';
import { loadVoice } from '../emulator/bedrock/voice.js';
import { readCallerWav } from '../emulator/phone/wav.js';
import { BridgeError, messageOf } from '../errors.js';
import { type CallScript, callSchema } from './schema.js';
import { type Services, servicesSchema, unaskedServices } from './services.js';
import { type CheckedFile, type FileFault, parseYamlFile, refuse } from './yaml-file.js';

/** The model whose abilities an agent of a fixture is checked against when it names none. */
const DEFAULT_MODEL_ID = 'amazon.nova-2-sonic-v1:0';

/** The project's own fixtures, wherever this file was copied to with them. */
export const FIXTURES_DIR = fileURLToPath(new URL('../../fixtures', import.meta.url));
export const VOICE_DIR = join(FIXTURES_DIR, 'voice');

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
  /** What the caller says, by the recording's name: mu-law at 8 kHz. */
  recordings: ReadonlyMap<string, Uint8Array>;
}

/** Reads a folder of a recorded call. Throws `FIXTURE_INVALID` naming file, line and reason of every fault found. */
export function loadFixture(folder: string): Fixture {
  const dir = resolve(folder);
  const path = join(dir, 'call.yaml');
  if (!existsSync(path)) throw new BridgeError('FIXTURE_INVALID', `${path} does not exist`, { path });
  const file = parseYamlFile(readFileSync(path, 'utf8'), path, callSchema);
  checkReferences(file, path);
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
    recordings: recordingsOf(file, path, dir),
  };
}

/** Reads `fixtures/agents/<name>.yaml`. Throws `FIXTURE_INVALID`. */
export function loadAgentFile(path: string): FixtureAgent {
  const { value, lineOf } = parseYamlFile(readFileSync(path, 'utf8'), path, agentFileSchema);
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
    return parseModelScript(readFileSync(path, 'utf8'), { dir, voiceDir: VOICE_DIR });
  } catch (error) {
    const details = error instanceof BridgeError ? error.details : {};
    throw new BridgeError('FIXTURE_INVALID', `${path}: ${messageOf(error)}`, details, { cause: error });
  }
}

function loadServices(dir: string, agent: AgentInput | undefined): Services {
  const path = join(dir, 'services.yaml');
  if (!existsSync(path)) return servicesSchema.parse({});
  const file = parseYamlFile(readFileSync(path, 'utf8'), path, servicesSchema);
  const faults = unaskedServices(file, agent);
  if (faults.length > 0) refuse(path, faults);
  return file.value;
}

/** Converting clips takes longer than a frame: done now, so that no live call stands still for it. */
function warmUp(model: ModelScript | undefined, rateHz: number): void {
  const voice = loadVoice(VOICE_DIR);
  for (const { say, sayFirst, audio } of model?.turns ?? []) {
    if (sayFirst !== undefined) voice.speak(sayFirst, rateHz);
    if (audio !== undefined) voice.play(audio, say ?? '', rateHz);
    else if (say !== undefined) voice.speak(say, rateHz);
  }
}

const converted = new Map<string, Uint8Array>();

function recordingAt(path: string): Uint8Array {
  const known = converted.get(path) ?? readCallerWav(readFileSync(path), basename(path));
  converted.set(path, known);
  return known;
}

function recordingsOf(file: CheckedFile<CallScript>, path: string, dir: string): Map<string, Uint8Array> {
  const recordings = new Map<string, Uint8Array>();
  const faults: FileFault[] = [];
  for (const [index, step] of file.value.caller.entries()) {
    if (step.kind !== 'say' || recordings.has(step.file)) continue;
    const fault = (reason: string) =>
      faults.push({ line: file.lineOf('caller', index, 'say'), field: `caller[${index}].say`, reason });
    const places = [
      join(dir, step.file),
      join(dir, '../../speech', step.file),
      join(FIXTURES_DIR, 'speech', step.file),
    ];
    const found = places.find((place) => existsSync(place));
    if (!found) {
      fault(`${step.file} is neither beside this file nor in fixtures/speech`);
      continue;
    }
    try {
      recordings.set(step.file, recordingAt(found));
    } catch (error) {
      fault(messageOf(error));
    }
  }
  if (faults.length > 0) refuse(path, faults);
  return recordings;
}

/** A step may wait only for steps before it: for others it would wait for ever. */
function checkReferences(file: CheckedFile<CallScript>, path: string): void {
  const faults: FileFault[] = [];
  for (const [index, step] of file.value.caller.entries()) {
    const moment = step.after?.moment;
    if (moment?.kind !== 'caller-step' || moment.number <= index) continue;
    faults.push({
      line: file.lineOf('caller', index, 'after'),
      field: `caller[${index}].after`,
      reason: `waits for step ${moment.number}, which does not come before it`,
    });
  }
  if (faults.length > 0) refuse(path, faults);
}
