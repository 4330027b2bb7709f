/** Numbers and short names; never words or telephone numbers of people. What is undefined is left out. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** Who takes spans, as JSON over HTTP. */
export interface Collector {
  readonly url: string;
  /** How many at once. */
  readonly batchSize: number;
}

/** The headers of W3C Trace Context, for whom a tool asks. Source: https://www.w3.org/TR/trace-context/ */
export type TraceContext = { readonly traceparent: string; readonly tracestate?: string };

/** A stretch of time that begins; times count in ms since the epoch. */
export interface NewSpan {
  readonly name: string;
  readonly kind: 'server' | 'client' | 'internal';
  readonly startMs: number;
  readonly attributes: SpanAttributes;
}

/** Where spans begin: at the top of a trace of their own. */
export interface Spans {
  open(span: NewSpan): OpenSpan;
}

/** A span that has begun; what is opened at it is its child, also when it has ended. Nothing here waits or throws. */
export interface OpenSpan extends Spans {
  readonly trace: TraceContext;
  set(attributes: SpanAttributes): void;
  /** Something that happened at one moment of it. */
  note(name: string, atMs: number, attributes: SpanAttributes): void;
  /** It ends as an error: a code, or the name of the fault. */
  fail(code: string): void;
  /** Once. */
  end(atMs: number): void;
}
