import type { CallEvent } from '../../src/call/events.js';
import { BridgeError } from '../../src/errors.js';
import type { Database, Query } from '../../src/store/database.js';

/**
 * What becomes of a statement or of a commit: done; the database is away before it or, worse, after it; it refuses the
 * values.
 */
export type Outcome = 'done' | 'away' | 'answer lost' | 'refused';

/** What one statement of the writer asks to be written. */
export interface Written {
  batchNumber: number;
  rows: { call_sid: string; turn_count: number; state: string }[];
  turns: { call_sid: string; index: number; turn: { text: string } }[];
  toolCalls: { call_sid: string; index: number }[];
  jobs: { call_sid: string; key: string; payload: unknown; due_at: string }[];
  events: CallEvent[];
}

interface Kept {
  lastBatch: number;
  events: CallEvent[];
  rows: Map<string, Written['rows'][number]>;
  turns: Map<string, Written['turns'][number]['turn']>;
  jobs: Map<string, unknown>;
}

/**
 * The database as the writer of calls sees it, in memory: it takes the one statement that there is, counts batches as the
 * real one does, and lets a test say what happens.
 */
export class ScriptedDatabase implements Database {
  /** Every statement, in the order in which they came, with what became of it. */
  readonly statements: (Written & { inTransaction: boolean; outcome: Outcome })[] = [];
  /** What is committed. */
  kept: Kept = { lastBatch: 0, events: [], rows: new Map(), turns: new Map(), jobs: new Map() };
  /** Calls that another instance carries. */
  readonly foreign = new Set<string>();
  outcomeOf: (written: Written) => Outcome = () => 'done';
  commitOutcome: () => Outcome = () => 'done';
  /** Holds every statement until the test lets go. */
  #gate: Promise<void> = Promise.resolve();

  readonly query: Query = async <Row extends object>(_sql: string, values: readonly unknown[] = []) => {
    const { rows, kept } = await this.#write(values, this.kept, false);
    this.kept = kept;
    if (!rows) throw away();
    return rows as Row[];
  };

  async transaction<Result>(work: (query: Query) => Promise<Result>): Promise<Result> {
    let state = this.kept;
    const result = await work(async <Row extends object>(_sql: string, values: readonly unknown[] = []) => {
      const { rows, kept } = await this.#write(values, state, true);
      state = kept;
      // A connection that is lost takes its transaction with it.
      if (!rows) throw away();
      return rows as Row[];
    });
    const outcome = this.commitOutcome();
    if (outcome === 'away') throw away();
    this.kept = state;
    if (outcome === 'answer lost') throw away();
    return result;
  }

  listen(): void {}
  async close(): Promise<void> {}

  /** Statements wait from now on; answers what lets them go. */
  hold(): () => void {
    let go = (): void => undefined;
    this.#gate = new Promise((resolve) => {
      go = resolve;
    });
    return go;
  }

  async #write(values: readonly unknown[], before: Kept, inTransaction: boolean) {
    const written = writtenOf(values);
    await this.#gate;
    const outcome = this.outcomeOf(written);
    this.statements.push({ ...written, inTransaction, outcome });
    if (outcome === 'away') throw away();
    if (outcome === 'refused') throw Object.assign(new Error('invalid: my secret'), { code: '22P02' });
    const isOld = written.batchNumber <= before.lastBatch;
    const kept = isOld ? before : this.#after(before, written);
    const lost = isOld ? [] : written.rows.map(({ call_sid }) => call_sid).filter((each) => this.foreign.has(each));
    return { kept, rows: outcome === 'answer lost' ? undefined : [{ lost, batch_before: before.lastBatch }] };
  }

  #after(before: Kept, written: Written): Kept {
    const isOurs = ({ call_sid }: { call_sid: string }) => !this.foreign.has(call_sid);
    return {
      lastBatch: written.batchNumber,
      events: [...before.events, ...written.events.filter(({ callSid }) => !this.foreign.has(callSid))],
      rows: new Map([...before.rows, ...written.rows.filter(isOurs).map((row) => [row.call_sid, row] as const)]),
      turns: new Map([
        ...before.turns,
        ...written.turns.filter(isOurs).map(({ call_sid, index, turn }) => [`${call_sid} ${index}`, turn] as const),
      ]),
      jobs: new Map([
        ...before.jobs,
        ...written.jobs.filter(isOurs).map(({ key, payload }) => [key, payload] as const),
      ]),
    };
  }
}

function writtenOf(values: readonly unknown[]): Written {
  const [, , batchNumber, rows, , turns, toolCalls, jobs, , events] = values;
  const list = (json: unknown) => JSON.parse(json as string) as never[];
  return {
    batchNumber: batchNumber as number,
    rows: list(rows),
    turns: list(turns),
    toolCalls: list(toolCalls),
    jobs: list(jobs),
    events: list(events).map(({ event }) => event),
  };
}

function away(): BridgeError {
  return new BridgeError('STORE_UNAVAILABLE', 'The database cannot be reached at the moment.');
}
