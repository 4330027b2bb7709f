import type { Span, Tracer } from '@opentelemetry/api';
import { type DiagLogger, DiagLogLevel, diag, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace-base';
import { messageOf } from '../errors.js';
import type { Logger } from '../log.js';
import type { Collector, NewSpan, OpenSpan, Spans } from './span.js';

const KINDS = { server: SpanKind.SERVER, client: SpanKind.CLIENT, internal: SpanKind.INTERNAL };

export interface OtlpOptions {
  readonly collector: Collector;
  /** Tells instances of the bridge apart. */
  readonly instance: string;
  readonly log: Logger;
}

/**
 * Spans that are sent to a collector by OpenTelemetry's SDK, in batches from a bounded queue: what does not fit while
 * the collector is away is dropped. Headers, certificates, sampling, limits and the resource are the SDK's business,
 * by its standard variables.
 */
export function otlpSpans({ collector, instance, log }: OtlpOptions): Spans & { close(): Promise<void> } {
  const { url, batchSize } = collector;
  // The SDK has one voice for a whole process.
  diag.setLogger(diagLogger(log), { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  const provider = new BasicTracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes({ 'service.name': 'oratio-voice-bridge', 'service.instance.id': instance }))
      .merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [
      new BatchSpanProcessor(watched(new OTLPTraceExporter({ url }), log), { maxExportBatchSize: batchSize }),
    ],
  });
  const tracer = provider.getTracer('oratio-voice-bridge');
  return {
    open: (span) => openSpan(tracer, span, undefined),
    close: () => provider.shutdown(),
  };
}

function openSpan(tracer: Tracer, { name, kind, startMs, attributes }: NewSpan, parent: Span | undefined): OpenSpan {
  const context = parent ? trace.setSpan(ROOT_CONTEXT, parent) : ROOT_CONTEXT;
  const span = tracer.startSpan(name, { kind: KINDS[kind], startTime: startMs, attributes }, context);
  return {
    get trace() {
      const { traceId, spanId, traceFlags, traceState } = span.spanContext();
      const traceparent = `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
      return traceState ? { traceparent, tracestate: traceState.serialize() } : { traceparent };
    },
    open: (child) => openSpan(tracer, child, span),
    set: (more) => void span.setAttributes(more),
    note: (event, atMs, more) => void span.addEvent(event, more, atMs),
    fail: (code) => void span.setAttribute('error.type', code).setStatus({ code: SpanStatusCode.ERROR, message: code }),
    end: (atMs) => span.end(atMs),
  };
}

/** Logs when the collector goes away and comes back, once each. What was not taken is gone. */
function watched(exporter: SpanExporter, log: Logger): SpanExporter {
  let isAway = false;
  return {
    export(spans, done) {
      exporter.export(spans, ({ code, error }) => {
        // The SDK's word for success; its own name is in a package of its inner life.
        const isTaken = code === 0;
        if (!isTaken && !isAway) log.warn({ reason: error && messageOf(error) }, 'collector takes no traces');
        if (isTaken && isAway) log.info('collector takes traces again');
        isAway = !isTaken;
        // Said as if taken: the SDK would only log each failure once more.
        done({ code: 0 });
      });
    },
    shutdown: () => exporter.shutdown(),
  };
}

function diagLogger(log: Logger): DiagLogger {
  const warn = (message: string) => log.warn({ reason: message }, 'tracing');
  const silent = () => undefined;
  return { error: warn, warn, info: silent, debug: silent, verbose: silent };
}
