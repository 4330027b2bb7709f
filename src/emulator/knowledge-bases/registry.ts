import { AwsProblem, invalid, notFound } from '../aws/problem.js';
import { type DataSource, type Delays, type IngestionJob, isRunning, type KnowledgeBase } from './state.js';

/**
 * All knowledge bases. What they are right now follows from the time: they become active, and vanish, by themselves.
 * Its methods throw what the service answers.
 */
export class Registry {
  readonly #bases = new Map<string, KnowledgeBase>();
  readonly #nowMs: () => number;
  readonly #delays: Delays;

  constructor(nowMs: () => number, delays: Delays) {
    this.#nowMs = nowMs;
    this.#delays = delays;
  }

  bases(): KnowledgeBase[] {
    return [...this.#bases.values()].filter((base) => !this.#isGone(base));
  }

  base(id: string): KnowledgeBase {
    checkId('knowledgeBaseId', id);
    const base = this.bases().find((each) => each.id === id);
    if (!base) throw notFound(`KnowledgeBase with id ${id} does not exist`);
    return base;
  }

  /** One that can be worked with. */
  activeBase(id: string): KnowledgeBase {
    const base = this.base(id);
    const status = this.statusOf(base);
    if (status !== 'ACTIVE')
      throw invalid(`KnowledgeBase with id ${id} is not in ACTIVE state. Its state is ${status}.`);
    return base;
  }

  sources({ sources }: KnowledgeBase): DataSource[] {
    return [...sources.values()].filter((source) => !this.#isGone(source));
  }

  source(base: KnowledgeBase, id: string): DataSource {
    checkId('dataSourceId', id);
    const source = this.sources(base).find((each) => each.id === id);
    if (!source) throw notFound(`DataSource with id ${id} in KnowledgeBase with id ${base.id} does not exist`);
    return source;
  }

  job(source: DataSource, id: string): IngestionJob {
    checkId('ingestionJobId', id);
    const job = source.jobs.get(id);
    if (!job) throw notFound(`IngestionJob with id ${id} of DataSource with id ${source.id} does not exist`);
    return job;
  }

  /** Names are unique within the account. */
  add(base: KnowledgeBase): void {
    if (this.bases().some(({ name }) => name === base.name)) {
      throw conflict(`KnowledgeBase with name ${base.name} already exists.`);
    }
    this.#bases.set(base.id, base);
  }

  addSource(base: KnowledgeBase, source: DataSource): void {
    if (this.sources(base).some(({ name }) => name === source.name)) {
      throw conflict(`DataSource with name ${source.name} already exists in KnowledgeBase with id ${base.id}.`);
    }
    base.sources.set(source.id, source);
  }

  /** One job at a time, of all sources of a knowledge base. Source: Amazon Bedrock quotas, concurrent ingestion jobs. */
  checkIdle(base: KnowledgeBase): void {
    const running = this.sources(base).flatMap(({ jobs }) => [...jobs.values()].filter(isRunning))[0];
    if (running) throw conflict(`There is an ongoing ingestion job with id ${running.id}. Retry when it is complete.`);
  }

  statusOf(base: KnowledgeBase): 'CREATING' | 'ACTIVE' | 'DELETING' {
    if (base.deletedMs !== undefined) return 'DELETING';
    return this.#nowMs() < base.createdMs + this.#delays.creatingMs ? 'CREATING' : 'ACTIVE';
  }

  #isGone({ deletedMs }: { deletedMs?: number }): boolean {
    return deletedMs !== undefined && this.#nowMs() >= deletedMs + this.#delays.deletingMs;
  }
}

const conflict = (message: string) => new AwsProblem(409, 'ConflictException', message);

function checkId(name: string, id: string): void {
  if (/^[0-9a-zA-Z]{10}$/.test(id)) return;
  const message = `Value '${id}' at '${name}' failed to satisfy constraint: Member must satisfy regular expression pattern: [0-9a-zA-Z]{10}`;
  throw invalid(`1 validation error detected: ${message}`, { fieldList: [{ name, message }] });
}
