import type { Fixture } from '../../src/replay/fixture/fixture.js';
import type { Expectations } from '../../src/replay/fixture/schema.js';

const NOT_SAID = { kind: 'exact', text: 'words that nobody said' } as const;

/** The fixture's expectations with one of them changed to what cannot be, for each of them. */
export function changedExpectations({ call }: Fixture): { field: string; expected: Expectations }[] {
  const { expect: original } = call;
  const changed: { field: string; expected: Expectations }[] = [];
  const add = (field: string, change: Partial<Expectations>) =>
    changed.push({ field, expected: { ...original, ...change } });

  for (const [index, turn] of (original.turns ?? []).entries()) {
    const withTurn = (other: typeof turn) => ({ turns: original.turns?.with(index, other) });
    add(`turns[${index}].role`, withTurn({ role: turn.role === 'caller' ? 'agent' : 'caller' }));
    if (turn.text) add(`turns[${index}].text`, withTurn({ ...turn, text: NOT_SAID }));
    if (turn.role === 'caller') continue;
    if (turn.heardText) add(`turns[${index}].heardText`, withTurn({ ...turn, heardText: NOT_SAID }));
    if (turn.interrupted !== undefined) {
      add(`turns[${index}].interrupted`, withTurn({ ...turn, interrupted: !turn.interrupted }));
    }
  }
  if (original.turnCount !== undefined) add('turnCount', { turnCount: original.turnCount + 1 });
  for (const [index, tool] of (original.toolCalls ?? []).entries()) {
    const withTool = (other: Partial<typeof tool>) => ({
      toolCalls: original.toolCalls?.with(index, { ...tool, ...other }),
    });
    add(`toolCalls[${index}].name`, withTool({ name: 'never_called' }));
    if (tool.kind) add(`toolCalls[${index}].kind`, withTool({ kind: tool.kind === 'mcp' ? 'handoff' : 'mcp' }));
    if (tool.input) add(`toolCalls[${index}].input`, withTool({ input: { never: 'given' } }));
    if (tool.output) add(`toolCalls[${index}].output`, withTool({ output: { never: 'given' } }));
    if (tool.outcome) add(`toolCalls[${index}].outcome`, withTool({ outcome: otherOutcome(tool.outcome) }));
    if (tool.atOnce !== undefined) add(`toolCalls[${index}].atOnce`, withTool({ atOnce: !tool.atOnce }));
  }
  if (original.toolCalls) add('toolCalls', { toolCalls: [...original.toolCalls, { name: 'never_called' }] });
  for (const [index, person] of (original.dialled ?? []).entries()) {
    const withPerson = (other: Partial<typeof person>) => ({
      dialled: original.dialled?.with(index, { ...person, ...other }),
    });
    add(`dialled[${index}]`, withPerson({ to: '+14155550199' }));
    if (person.whisper) add(`dialled[${index}].whisper`, withPerson({ whisper: NOT_SAID }));
  }
  if (original.dialled) add('dialled', { dialled: [...original.dialled, { to: '+14155550199' }] });
  if (original.known) add('known', { known: [...original.known, NOT_SAID] });
  if (original.heard?.text) add('heard.text', { heard: { text: NOT_SAID } });
  if (original.heard?.atLeast) add('heard.atLeast', { heard: { atLeast: 600_000 } });
  // Nothing is shorter than silence: a call in which nothing is heard must be found by too little.
  if (original.heard?.atMost && original.heard.atLeast) add('heard.atMost', { heard: { atMost: 1 } });
  else if (original.heard?.atMost) add('heard.atLeast', { heard: { atLeast: 600_000 } });
  const { waiting } = original.heard ?? {};
  for (const limit of ['afterAtLeast', 'afterAtMost', 'atLeast', 'atMost'] as const) {
    if (waiting?.[limit] === undefined) continue;
    // No sound is shorter than none: in place of its end its beginning is looked for.
    const other = limit.endsWith('Least') || limit === 'atLeast' ? { [limit]: 600_000 } : { atLeast: 600_000 };
    add('heard.waiting', { heard: { waiting: other } });
  }
  if (original.heard?.notAfterInterruption) add('heard.notAfterInterruption', { heard: { notAfterInterruption: -1 } });
  if (original.spoken) add('spoken', { spoken: [...original.spoken, NOT_SAID] });
  if (original.limits?.responseGap) add('limits.responseGap', { limits: { responseGap: 500 } });
  if (original.limits?.deadAir) add('limits.deadAir', { limits: { deadAir: 100 } });
  if (original.endReason)
    add('endReason', { endReason: original.endReason === 'transferred' ? 'silence' : 'transferred' });
  if (original.clears !== undefined) add('clears', { clears: original.clears + 1 });
  if (original.streams) add('streams', { streams: [...original.streams, { closed: 'never opened' }] });
  for (const [index, stream] of (original.streams ?? []).entries()) {
    const withStream = (other: Partial<typeof stream>) => ({
      streams: original.streams?.with(index, { ...stream, ...other }),
    });
    if (stream.closed) add(`streams[${index}].closed`, withStream({ closed: 'never so' }));
    if (stream.history)
      add(`streams[${index}].history`, withStream({ history: [...stream.history, { role: 'agent', text: NOT_SAID }] }));
  }
  if (original.audio?.filledAtLeast) add('audio.filledAtLeast', { audio: { filledAtLeast: 600_000 } });
  return changed;
}

function otherOutcome(outcome: 'answered' | 'failed' | 'aborted') {
  return outcome === 'answered' ? 'failed' : 'answered';
}
