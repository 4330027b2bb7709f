/** What the thread is started with. */
export interface MachineData {
  /** Folder of Pyodide's files, with a slash at its end. */
  readonly indexUrl: string;
  /** Folder where the state of a Python that has just come up is kept. */
  readonly snapshots: string;
  /** Python modules by their path below the folder of stubs, and the host. */
  readonly stubs: Readonly<Record<string, string>>;
  readonly host: string;
  /** One number: 1 when an answer to a call lies ready. */
  readonly ready: SharedArrayBuffer;
  /** One byte, where Python looks for a signal. */
  readonly interrupt: SharedArrayBuffer;
  /** Where answers to calls come, so that they can be taken while the thread stands still. */
  readonly answers: import('node:worker_threads').MessagePort;
}

/** One request to a program, as `host.py` reads it. */
export interface Order {
  /** Of the session, whatever runtime it is of. */
  readonly key: string;
  /** Whether it is the session's first: then the program is started anew. */
  readonly isFirst: boolean;
  readonly files: Readonly<Record<string, string>>;
  readonly entryPoint: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly sessionId: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: unknown;
}

export type ToMachine = { readonly id: number; readonly order: string };

export type FromMachine =
  | { readonly kind: 'up' }
  /** Python waits for a service. */
  | { readonly kind: 'call'; readonly service: string; readonly operation: string; readonly input: string }
  /** `host.py` says what these are. */
  | { readonly kind: 'answer'; readonly id: number; readonly part: Part; readonly json: string }
  | { readonly kind: 'done'; readonly id: number }
  | { readonly kind: 'print'; readonly line: string };

export type Part = 'broken' | 'failed' | 'json' | 'value' | 'end' | 'interrupted';
