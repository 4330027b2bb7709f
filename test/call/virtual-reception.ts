import type { AuditEntry } from '../../src/access/audit.js';
import type { TicketClaims } from '../../src/access/ticket.js';
import { type AdmissionOptions, admission, type Refusal } from '../../src/call/admission.js';
import type { NumberUse } from '../../src/call/call-store.js';
import type { Carrier, DialOrder, PlaceOrder } from '../../src/call/carrier.js';
import type { CallEvent } from '../../src/call/events.js';
import { numberLimits } from '../../src/call/limits.js';
import { LiveRecords } from '../../src/call/live-records.js';
import { callControl } from '../../src/call/operator.js';
import type { OutboundOrder } from '../../src/call/outbound.js';
import type { TelephonyLeg, TelephonyListener, VoiceLeg, VoiceListener, VoiceProfile } from '../../src/call/ports.js';
import { type ArrivingCall, Reception } from '../../src/call/reception.js';
import type { CallRecord } from '../../src/call/record.js';
import { CallRegistry } from '../../src/call/registry.js';
import { FakeClock } from '../../src/clock.js';
import { type AgentVersion, agentInputSchema, agentVersion } from '../../src/directory/agent.js';
import { mayDial } from '../../src/directory/dialling.js';
import type { Directory } from '../../src/directory/directory.js';
import { type NumberInput, numberInputSchema, type PhoneNumber } from '../../src/directory/number.js';
import { countingIds } from '../../src/ids.js';
import { createLog } from '../../src/log.js';

export const NUMBER = '+14155550199';
export const CALLER = '+14155550100';

/** Reception and operator over scripted legs, a scripted carrier, and a directory in memory, on a clock that stands still. */
export function virtualReception(
  options: {
    prefixes?: string[];
    maxCalls?: number;
    /** Of the model and the event loop; left out, nobody limits them. */
    room?: Pick<AdmissionOptions, 'sessions' | 'maxSessions' | 'loop'>;
    recall?: (caller: string) => Promise<readonly string[]>;
    /** How the store counts; left out, at once what `used` was given. */
    useOf?: () => Promise<NumberUse>;
  } = {},
) {
  const clock = new FakeClock(Date.UTC(2026, 10, 25, 12));
  const log = createLog('silent');
  const events: CallEvent[] = [];
  const records = new LiveRecords((event) => events.push(event));
  const registry = new CallRegistry({ clock, log, listeners: [records.listener] });
  const agents = new Map<string, AgentVersion>();
  const stored = new Map<string, AgentVersion>();
  const numbers = new Map<string, PhoneNumber>();
  const profiles: VoiceProfile[] = [];
  const spoken: string[] = [];
  const orders = new Map<string, OutboundOrder>();
  const carried: { to: 'hangUp' | 'dial' | 'say' | 'place'; callSid: string; order?: unknown }[] = [];
  const recording: string[] = [];
  const audited: string[] = [];
  const entries: AuditEntry[] = [];
  let refusal: Error | undefined;
  let use: NumberUse = { activeCalls: 0, usedMs: 0, dials: [] };

  const directory: Directory = {
    findNumber: (e164) => numbers.get(e164),
    findAgent: (id, version) => agents.get(version === undefined ? id : `${id} ${version}`),
    loadAgent: async (id, version) => stored.get(`${id} ${version}`),
  };
  const carry = async (to: (typeof carried)[number]['to'], callSid: string, order?: unknown) => {
    if (refusal) throw refusal;
    carried.push({ to, callSid, order });
  };
  const carrier: Carrier = {
    hangUp: (callSid) => carry('hangUp', callSid),
    dial: (callSid, order: DialOrder) => carry('dial', callSid, order),
    sayAndHangUp: (callSid, text) => carry('say', callSid, text),
    async place(order: PlaceOrder) {
      await carry('place', 'CAout', order);
      return { callSid: 'CAout' };
    },
  };
  const model = {
    regions: ['r'],
    open(profile: VoiceProfile, _listener: VoiceListener): VoiceLeg {
      profiles.push(profile);
      return {
        modelId: profile.modelId,
        region: 'r',
        takesText: true,
        openedAtMs: clock.now(),
        begin: () => undefined,
        hear: () => undefined,
        tell: (text) => spoken.push(text),
        answerTool: () => undefined,
        close: () => undefined,
        abort: () => undefined,
      };
    },
  };
  const recordOf = (callSid: string) => records.peek(callSid);
  const limits = numberLimits({ registry, recordOf, useOf: options.useOf ?? (async () => use), clock, log });
  const elsewhere = new Map<string, CallRecord>();
  const refused: Refusal[] = [];
  const admitting = admission({
    registry: () => registry,
    maxCalls: options.maxCalls ?? 10,
    refused: (reason) => refused.push(reason),
    ...options.room,
  });
  const reception = new Reception({
    directory,
    registry,
    model,
    sessionLimitOf: () => 480_000,
    tools: { about: () => undefined, run: async () => ({ kind: 'answer', output: {} }) },
    toolsOf: () => [],
    waitSound: () => new Uint8Array(8),
    recall: (_agent, caller) => options.recall?.(caller) ?? Promise.resolve([]),
    limits,
    recorder: {
      record({ callSid }, phone) {
        recording.push(`${callSid} began`);
        return {
          phone,
          listen: (listener) => listener,
          blank: (isBlank) => recording.push(`${callSid} ${isBlank ? 'blank' : 'kept'}`),
          close: () => recording.push(`${callSid} closed`),
        };
      },
    },
    clock,
    log,
    admission: admitting,
    mayDial: (to, from) => mayDial(to, from, options.prefixes),
    recordOf,
    kept: async () => undefined,
    async restore(callSid) {
      const record = elsewhere.get(callSid);
      if (record) records.adopt(record);
      return record;
    },
  });
  const control = callControl({
    registry,
    reception,
    admission: admitting,
    carrier,
    directory,
    limits,
    orders: {
      enter: async (order) => void orders.set(order.id, order),
      placed: () => undefined,
      find: async (id) => orders.get(id),
    },
    recordOf,
    mayDial: (to, from) => mayDial(to, from, options.prefixes),
    issueTicket: (claims) => JSON.stringify(claims),
    mediaUrl: 'wss://bridge.example.com/twilio/media',
    audit(entry, actor) {
      entries.push(entry);
      audited.push(`${actor.id} ${entry.action} ${entry.subject}`);
    },
    clock,
    ids: countingIds(),
    log,
  });

  const version = (id: string, number: number, fields: Record<string, unknown> = {}) =>
    agentVersion(agentInputSchema.parse({ name: id, systemPrompt: `I am ${id} ${number}.`, ...fields }), {
      id,
      version: number,
      createdAt: '',
      defaultModelId: 'amazon.nova-2-sonic-v1:0',
    });

  return {
    clock,
    registry,
    reception,
    control,
    records,
    events,
    profiles,
    spoken,
    carried,
    orders,
    recording,
    audited,
    entries,
    refused,
    elsewhere,
    numbers,
    agents,
    /** In memory as the latest, and by its version. */
    agent(id: string, number: number, fields: Record<string, unknown> = {}) {
      const made = version(id, number, fields);
      agents.set(id, made);
      agents.set(`${id} ${number}`, made);
      return made;
    },
    /** In the store only. */
    storedAgent: (id: string, number: number) => stored.set(`${id} ${number}`, version(id, number)),
    number(fields: Record<string, unknown> = {}, e164 = NUMBER) {
      const input: NumberInput = numberInputSchema.parse({ agentId: 'a', ...fields });
      numbers.set(e164, { ...input, number: e164, version: 1, updatedAt: '' });
    },
    used(given: Partial<NumberUse>) {
      use = { activeCalls: 0, usedMs: 0, dials: [], ...given };
    },
    carrierRefuses(error: Error | undefined) {
      refusal = error;
    },
    arriving: (callSid: string, more: Partial<ArrivingCall> = {}): ArrivingCall => ({
      callSid,
      from: CALLER,
      to: NUMBER,
      direction: 'inbound',
      ...more,
    }),
    /** The media stream of a call that was answered starts. */
    connect(callSid: string, more: Partial<TicketClaims> = {}): TelephonyListener {
      const phone: TelephonyLeg = {
        play: () => undefined,
        mark: () => undefined,
        clear: () => undefined,
        close: () => undefined,
      };
      const claims: TicketClaims = {
        callSid,
        from: CALLER,
        to: NUMBER,
        agentId: 'a',
        agentVersion: 1,
        instance: '',
        kind: 'inbound',
        ...more,
      };
      const joined = reception.connect(claims, phone);
      if (!joined) throw new Error('not connected');
      joined.session.start();
      return joined.caller;
    },
    record: (callSid: string) => records.peek(callSid)!,
  };
}
