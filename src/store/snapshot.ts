import type { AgentVersion } from '../directory/agent.js';
import type { PhoneNumber } from '../directory/number.js';

/** A part of the directory, or all of it, as it was after change `asOf`. */
export interface DirectoryReading {
  asOf: number;
  /** Latest versions of living agents. */
  agents: readonly AgentVersion[];
  numbers: readonly PhoneNumber[];
  /** Every version that one of these numbers names. */
  named: readonly AgentVersion[];
}

/** Versions kept that nothing names any more: calls that began with them go on. */
const RECENT_VERSIONS = 256;

/**
 * The directory in memory: latest versions, versions that numbers name, numbers, and versions used lately. Readings may
 * come in any order: of each agent and number the newest one counts.
 */
export class Snapshot {
  readonly #agents = new Map<string, AgentVersion>();
  readonly #numbers = new Map<string, PhoneNumber>();
  /** By id and version, with how often numbers name it. */
  readonly #named = new Map<string, { version: AgentVersion; count: number }>();
  /** The least recently used first. */
  readonly #recent = new Map<string, AgentVersion>();
  readonly #recentLimit: number;
  /** The change after which an agent or number was read last. */
  readonly #asOf = new Map<string, number>();
  readonly #followers = new Set<() => void>();

  constructor(recentLimit = RECENT_VERSIONS) {
    this.#recentLimit = recentLimit;
  }

  findNumber(e164: string): PhoneNumber | undefined {
    return this.#numbers.get(e164);
  }

  findAgent(id: string, version?: number): AgentVersion | undefined {
    const latest = this.#agents.get(id);
    if (version === undefined || latest?.version === version) return latest;
    const key = keyOf(id, version);
    const named = this.#named.get(key);
    if (named) return named.version;
    const recent = this.#recent.get(key);
    if (recent) this.keep(recent);
    return recent;
  }

  /** The change after which this agent or number was read last; -1 when it never was. */
  asOf(subject: string): number {
    return this.#asOf.get(subject) ?? -1;
  }

  /** Every version that may answer a call: the latest of each agent, and those that numbers name. */
  answering(): AgentVersion[] {
    return [...new Set([...this.#agents.values(), ...[...this.#named.values()].map(({ version }) => version)])];
  }

  /** Calls `changed` after every reading that was news; the answer ends this. */
  follow(changed: () => void): () => void {
    this.#followers.add(changed);
    return () => void this.#followers.delete(changed);
  }

  /** Holds a version for those that use it, until enough others were used since. */
  keep(version: AgentVersion): void {
    const key = keyOf(version.id, version.version);
    this.#recent.delete(key);
    this.#recent.set(key, version);
    for (const oldest of this.#recent.keys()) {
      if (this.#recent.size <= this.#recentLimit) return;
      this.#recent.delete(oldest);
    }
  }

  /** Takes a reading of these agents and numbers; those of them that are not in it are gone. */
  put(subjects: Iterable<string>, reading: DirectoryReading): void {
    const agents = new Map(reading.agents.map((agent) => [agent.id, agent]));
    const numbers = new Map(reading.numbers.map((number) => [number.number, number]));
    const named = new Map(reading.named.map((version) => [keyOf(version.id, version.version), version]));
    let isNews = false;
    for (const subject of subjects) {
      if (this.asOf(subject) >= reading.asOf) continue;
      isNews = true;
      this.#asOf.set(subject, reading.asOf);
      if (isNumber(subject)) this.#putNumber(subject, numbers.get(subject), named);
      else this.#putAgent(subject, agents.get(subject));
    }
    if (isNews) for (const changed of this.#followers) changed();
  }

  /** Takes a reading of everything. */
  putAll(reading: DirectoryReading): void {
    const subjects = new Set([...this.#agents.keys(), ...this.#numbers.keys()]);
    for (const { id } of reading.agents) subjects.add(id);
    for (const { number } of reading.numbers) subjects.add(number);
    this.put(subjects, reading);
    // What is gone needs no mark any more: every later reading is newer than this one.
    for (const [subject, asOf] of this.#asOf) {
      if (asOf <= reading.asOf && !this.#agents.has(subject) && !this.#numbers.has(subject)) this.#asOf.delete(subject);
    }
  }

  /** Whatever is read next counts, also when the database has gone back in time (it was restored). */
  distrust(): void {
    this.#asOf.clear();
  }

  #putAgent(id: string, latest: AgentVersion | undefined): void {
    const before = this.#agents.get(id);
    if (before && before.version !== latest?.version) this.keep(before);
    if (latest) this.#agents.set(id, latest);
    else this.#agents.delete(id);
  }

  #putNumber(e164: string, number: PhoneNumber | undefined, read: ReadonlyMap<string, AgentVersion>): void {
    const before = this.#numbers.get(e164);
    for (const key of number ? namedKeys(number) : []) {
      const known = this.#named.get(key);
      const version = known?.version ?? read.get(key);
      if (version) this.#named.set(key, { version, count: (known?.count ?? 0) + 1 });
    }
    for (const key of before ? namedKeys(before) : []) {
      const known = this.#named.get(key);
      if (!known) continue;
      if (known.count > 1) known.count--;
      else {
        this.#named.delete(key);
        this.keep(known.version);
      }
    }
    if (number) this.#numbers.set(e164, number);
    else this.#numbers.delete(e164);
  }
}

/** Ids of agents begin with a letter. */
export function isNumber(subject: string): boolean {
  return subject.startsWith('+');
}

function keyOf(id: string, version: number): string {
  return `${version} ${id}`;
}

/** Each version that the number names, once. */
export function namedVersions({ agentVersion, canary }: PhoneNumber): number[] {
  const versions = [agentVersion, canary?.agentVersion].filter((version) => version !== undefined);
  return [...new Set(versions)];
}

function namedKeys(number: PhoneNumber): string[] {
  return namedVersions(number).map((version) => keyOf(number.agentId, version));
}
