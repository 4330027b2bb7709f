import { Counter, Histogram, type Registry } from 'prom-client';
import { REFUSALS, type Refusal } from '../call/admission.js';
import type { CallEvent, CallListener } from '../call/events.js';
import type { VoiceLoss } from '../call/ports.js';
import type { CallRecord, StreamRecord, ToolCallRecord, Turn } from '../call/record.js';

/** How a stream to the model closes when nothing was lost. */
const RENEWED = 'renewed';
const PLANNED_ENDS: ReadonlySet<string> = new Set(['ended', RENEWED, 'handed-over']);

/** What streams are lost to. `other`: with their instance. */
const LOSSES: readonly (VoiceLoss | 'other')[] = [
  'throttled',
  'refused',
  'rejected',
  'filtered',
  'expired',
  'faulted',
  'unreachable',
  'ended',
  'stalled',
  'other',
];

/** From a quick answer to one that makes callers say hello again; the model's own endpointing takes 1.5 to 2 s of it. */
const GAP_BUCKETS_SECONDS = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2, 2.5, 3, 4, 5, 8];
/** Up to the longest time that a tool may take. */
const TOOL_BUCKETS_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60];
const MS_PER_SECOND = 1000;

/** Calls that another instance has gone on with are told no end here: beyond so many the oldest are forgotten. */
const MAX_FOLLOWED = 5000;

/** What must be known of a call so that nothing of it is counted twice. */
interface Counted {
  lastGapIndex: number;
  readonly runningTools: Set<string>;
}

/** Counts what happens to calls. No label says whom a call is with, or which agent's: labels are of small, known sets. */
export class CallMetrics {
  readonly #recordOf: (callSid: string) => CallRecord | undefined;
  readonly #live = new Map<string, Counted>();
  readonly #calls: Counter<'direction' | 'end_reason'>;
  readonly #reconnections: Counter<'why'>;
  readonly #refused: Counter<'reason'>;
  readonly #gaps: Histogram;
  readonly #interruptions: Counter;
  readonly #tools: Counter<'kind' | 'outcome'>;
  readonly #toolSeconds: Histogram<'kind'>;
  readonly #deadAirSeconds: Counter;
  readonly #losses: Counter<'cause'>;
  readonly #renewals: Counter;
  readonly #faults: Counter<'code'>;

  constructor(registry: Registry, recordOf: (callSid: string) => CallRecord | undefined) {
    this.#recordOf = recordOf;
    const counter = <Label extends string = never>(name: string, help: string, labelNames: readonly Label[] = []) =>
      new Counter<Label>({ name: `oratio_${name}_total`, help, labelNames, registers: [registry] });
    this.#calls = counter('calls', 'Calls that have ended; one that is connected again ends again.', [
      'direction',
      'end_reason',
    ]);
    this.#reconnections = counter('call_reconnections', 'Calls that were connected to their agent again.', ['why']);
    this.#refused = counter('calls_refused', 'Calls not taken for want of room.', ['reason']);
    this.#gaps = new Histogram({
      name: 'oratio_response_gap_seconds',
      help: "From the caller's last speech to the first sample of the agent's answer that was heard.",
      buckets: GAP_BUCKETS_SECONDS,
      registers: [registry],
    });
    this.#interruptions = counter('interruptions', 'Times that a caller interrupted an agent.');
    this.#tools = counter('tool_calls', 'Tool calls that are over.', ['kind', 'outcome']);
    this.#toolSeconds = new Histogram({
      name: 'oratio_tool_duration_seconds',
      help: 'How long tool calls took.',
      labelNames: ['kind'],
      buckets: TOOL_BUCKETS_SECONDS,
      registers: [registry],
    });
    this.#deadAirSeconds = counter('dead_air_seconds', 'Stretches of over four seconds in which nobody was heard.');
    this.#losses = counter('model_stream_losses', 'Streams to the model that were lost.', ['cause']);
    this.#renewals = counter('model_stream_renewals', 'Streams to the model that were replaced in time.');
    this.#faults = counter('faults', 'Irregularities of calls.', ['code']);
    // Whoever watches how a series grows must see it before it does.
    for (const reason of REFUSALS) this.#refused.inc({ reason }, 0);
    for (const cause of LOSSES) this.#losses.inc({ cause }, 0);
  }

  /** A call was refused for this. */
  refused(reason: Refusal): void {
    this.#refused.inc({ reason });
  }

  readonly listener: CallListener = (event) => this.#take(event);

  #take(event: CallEvent): void {
    const { callSid } = event;
    switch (event.kind) {
      case 'answered':
        this.#follow(callSid);
        break;
      case 'connectedAgain':
        this.#reconnections.inc({ why: event.why });
        break;
      case 'streamChanged':
        this.#stream(event.stream, event.loss);
        break;
      case 'turnChanged':
        this.#turn(this.#live.get(callSid), event.index, event.turn);
        break;
      case 'interrupted':
        this.#interruptions.inc();
        break;
      case 'toolChanged':
        this.#tool(this.#live.get(callSid), event.toolCall);
        break;
      case 'audioCounted':
        this.#deadAirSeconds.inc(event.audio.deadAirMs / MS_PER_SECOND);
        break;
      case 'faulted':
        this.#faults.inc({ code: event.code }, event.count);
        break;
      case 'handedOver':
        this.#live.delete(callSid);
        break;
      case 'ended':
        this.#live.delete(callSid);
        this.#calls.inc({
          direction: this.#recordOf(callSid)?.direction ?? 'inbound',
          end_reason: event.endReason,
        });
        break;
      default:
        break;
    }
  }

  #follow(callSid: string): void {
    this.#live.delete(callSid);
    this.#live.set(callSid, { lastGapIndex: -1, runningTools: new Set() });
    const [oldest] = this.#live.keys();
    if (this.#live.size > MAX_FOLLOWED) this.#live.delete(oldest!);
  }

  #stream({ closed }: StreamRecord, loss: VoiceLoss | undefined): void {
    if (closed === RENEWED) this.#renewals.inc();
    if (closed === null || PLANNED_ENDS.has(closed)) return;
    this.#losses.inc({ cause: loss ?? 'other' });
  }

  /** A turn is told again and again while it grows; its gap is known from some time on. */
  #turn(call: Counted | undefined, index: number, turn: Turn): void {
    if (!call || turn.role !== 'agent' || turn.responseGapMs === undefined || index <= call.lastGapIndex) return;
    call.lastGapIndex = index;
    this.#gaps.observe(turn.responseGapMs / MS_PER_SECOND);
  }

  #tool(call: Counted | undefined, { id, kind, outcome, durationMs }: ToolCallRecord): void {
    if (!call) return;
    if (outcome === 'running') {
      call.runningTools.add(id);
      return;
    }
    if (!call.runningTools.delete(id)) return;
    this.#tools.inc({ kind, outcome });
    this.#toolSeconds.observe({ kind }, durationMs / MS_PER_SECOND);
  }
}
