import { describe, expect, it } from 'vitest';
import { agentVersion } from '../../src/directory/agent.js';
import { type DirectoryReading, Snapshot } from '../../src/store/snapshot.js';
import { agent, e164, MODEL, number } from './directory-rig.js';

const version = (id: string, count: number) =>
  agentVersion(agent({ name: `${id}@${count}` }), { id, version: count, createdAt: '', defaultModelId: MODEL });
const phone = (index: number, agentId: string, fields: Parameters<typeof number>[1] = {}) => ({
  ...number(agentId, fields),
  number: e164(index),
  version: 1,
  updatedAt: '',
});
const reading = (asOf: number, fields: Partial<DirectoryReading> = {}): DirectoryReading => ({
  ...{ asOf, agents: [], numbers: [], named: [] },
  ...fields,
});

describe('the snapshot', () => {
  it('keeps the newer of two readings that come in the wrong order', () => {
    const snapshot = new Snapshot();

    snapshot.put(['a'], reading(2, { agents: [version('a', 2)] }));
    snapshot.put(['a'], reading(1, { agents: [version('a', 1)] }));

    expect(snapshot.findAgent('a')?.version).toBe(2);
  });

  it('does not bring back what was deleted after a reading of everything had begun', () => {
    const snapshot = new Snapshot();
    snapshot.putAll(reading(1, { agents: [version('a', 1)], numbers: [phone(0, 'a')] }));

    snapshot.put([e164(0)], reading(3));
    snapshot.putAll(reading(2, { agents: [version('a', 1)], numbers: [phone(0, 'a')] }));

    expect(snapshot.findNumber(e164(0))).toBeUndefined();
    expect(snapshot.findAgent('a')).toBeDefined();
  });

  it('forgets what a reading of everything does not have', () => {
    const snapshot = new Snapshot();
    snapshot.putAll(reading(1, { agents: [version('a', 1)], numbers: [phone(0, 'a')] }));

    snapshot.putAll(reading(2));

    expect(snapshot.findAgent('a')).toBeUndefined();
    expect(snapshot.findNumber(e164(0))).toBeUndefined();
  });

  it('takes what is read after it was told to distrust itself, however old', () => {
    const snapshot = new Snapshot();
    snapshot.putAll(reading(9, { agents: [version('a', 5)] }));

    snapshot.distrust();
    snapshot.putAll(reading(3, { agents: [version('a', 2)] }));

    expect(snapshot.findAgent('a')?.version).toBe(2);
  });

  it('keeps a version as long as one of several numbers names it, however many are used', () => {
    const snapshot = new Snapshot(1);
    const numbers = [phone(0, 'a', { agentVersion: 1 }), phone(1, 'a', { canary: { agentVersion: 1, percent: 1 } })];
    snapshot.putAll(reading(1, { agents: [version('a', 2)], numbers, named: [version('a', 1)] }));

    snapshot.put([e164(0)], reading(2));
    snapshot.keep(version('b', 1));
    snapshot.keep(version('c', 1));

    expect(snapshot.findAgent('a', 1)?.name).toBe('a@1');
    snapshot.put([e164(1)], reading(3));
    expect(snapshot.findAgent('a', 1)?.name).toBe('a@1');
    snapshot.keep(version('d', 1));
    expect(snapshot.findAgent('a', 1)).toBeUndefined();
  });

  it('drops the version that was used least recently', () => {
    const snapshot = new Snapshot(2);
    snapshot.keep(version('a', 1));
    snapshot.keep(version('b', 1));

    snapshot.findAgent('a', 1);
    snapshot.keep(version('c', 1));

    expect(snapshot.findAgent('a', 1)).toBeDefined();
    expect(snapshot.findAgent('b', 1)).toBeUndefined();
  });

  it('keeps the version that calls began with when the next one comes or the agent is deleted', () => {
    const snapshot = new Snapshot();
    snapshot.put(['a'], reading(1, { agents: [version('a', 1)] }));

    snapshot.put(['a'], reading(2, { agents: [version('a', 2)] }));
    snapshot.put(['a'], reading(3));

    expect(snapshot.findAgent('a')).toBeUndefined();
    expect(snapshot.findAgent('a', 1)?.version).toBe(1);
    expect(snapshot.findAgent('a', 2)?.version).toBe(2);
  });
});
