import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Document, isMap, isScalar, parseDocument } from 'yaml';
import { FRAME_MS } from '../../emulator/phone/network.js';
import type { FixtureFiles } from '../../fixture-maker/fixture-files.js';
import { mulawWav } from '../../fixture-maker/sound.js';
import type { Fixture } from '../fixture/fixture.js';
import type { AgentStretch, CallerAct, ReplayedCall } from '../replayed-call.js';
import { stepOf } from './phrases.js';
import type { Simulated } from './schema.js';

/**
 * A plain recorded call of what a simulated caller did in a replay: each act at its time after the agent's turn that it
 * followed, or into which it broke, with the recordings beside it. The line and what is expected are those of the file.
 */
export function keptFiles(fixture: Fixture, call: ReplayedCall): FixtureFiles {
  const { dir, recordings } = fixture;
  const facts = fixture.call.simulated?.facts ?? {};
  const files = new Map<string, string | Uint8Array>();
  for (const name of readdirSync(dir)) {
    const path = join(dir, name);
    if (name !== 'call.yaml' && statSync(path).isFile()) files.set(name, readFileSync(path));
  }
  for (const { kind, words } of call.callerActs) {
    const file = kind === 'say' ? fileOf(words, facts) : undefined;
    if (file !== undefined) files.set(file, mulawWav(recordings.get(file) ?? new Uint8Array()));
  }
  const document: Document = parseDocument(readFileSync(join(dir, 'call.yaml'), 'utf8'));
  const { contents } = document;
  const pair = isMap(contents)
    ? contents.items.find(({ key }) => isScalar(key) && key.value === 'simulated')
    : undefined;
  if (pair) {
    pair.key = document.createNode('caller');
    pair.value = document.createNode(
      call.callerActs.map((act) => ({ ...whatIn(act, facts), ...whenIn(act, call.agentStretches) })),
    );
  }
  document.set('agent', fixture.call.agent);
  return files.set('call.yaml', document.toString({ lineWidth: 0 }));
}

function whatIn({ kind, words }: CallerAct, facts: Simulated['facts']): Record<string, unknown> {
  if (kind === 'say') return { say: fileOf(words, facts), text: words };
  return kind === 'press' ? { press: words } : { 'hang-up': true };
}

/** Facts differ in their words. */
function fileOf(words: string, facts: Simulated['facts']): string | undefined {
  const entry = Object.entries(facts).find(([, fact]) => fact.kind !== 'keys' && fact.words === words);
  const step = entry && stepOf(...entry);
  return step?.kind === 'say' ? step.file : undefined;
}

function whenIn({ kind, startMs }: CallerAct, stretches: readonly AgentStretch[]): Record<string, string> {
  // What is said begins with the next frame: it was decided one before.
  const atMs = Math.max(0, Math.round(kind === 'say' ? startMs - FRAME_MS : startMs));
  const index = stretches.findLastIndex((stretch) => stretch.startMs <= atMs);
  const stretch = stretches[index];
  if (!stretch) return { at: `${atMs}ms` };
  // A hang-up ends the turn that it breaks into.
  const edge = atMs <= stretch.endMs ? 'started' : 'ended';
  const fromMs = edge === 'started' ? stretch.startMs : stretch.endMs;
  return { after: `agent-turn ${index + 1} ${edge} + ${Math.round(atMs - fromMs)}ms` };
}
