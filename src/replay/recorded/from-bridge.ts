import { encodeMulaw } from '../../audio/mulaw.js';
import { readWav } from '../../audio/wav.js';
import type { AgentTurn, CallRecord } from '../../call/record.js';
import type { AgentVersion } from '../../directory/agent.js';
import { BridgeError } from '../../errors.js';
import { adminClient } from '../admin-client.js';
import type { Exchange, RecordedCall, Speech } from './recorded-call.js';
import { BYTES_PER_MS } from './sound.js';

/** Stands in all that the bridge tells the model of itself: what it was is not on record. */
const ANY_TOLD = 'call';
const USUAL_DELAY_MS = 300;

/**
 * A call as a bridge has it on record, from its transcript and its recording: where its black box cannot be read. Keys are
 * not on record. `token` is one of a tester or more. Throws `NOT_FOUND`, or what the bridge says.
 */
export async function recordedOnBridge(url: string, token: string, callSid: string): Promise<RecordedCall> {
  const base = url.replace(/\/+$/, '');
  const api = adminClient(base, token);
  const record = await api.find<CallRecord>(`/calls/${encodeURIComponent(callSid)}`);
  if (!record) throw new BridgeError('NOT_FOUND', `${base} has no call ${callSid}`);
  const agents = record.agentId ? await api.all<AgentVersion>(`/agents/${record.agentId}/versions`) : [];
  const agent = agents.find(({ version }) => version === record.agentVersion);
  if (!agent) throw new BridgeError('NOT_FOUND', `${base} does not have the agent of ${callSid} any more`);
  const response = await fetch(`${base}/api/calls/${encodeURIComponent(callSid)}/audio.wav`, {
    headers: { Authorization: `Bearer ${token}` },
  });
  if (!response.ok) throw new BridgeError('NOT_FOUND', `${base} has no recording of ${callSid} (${response.status})`);
  const [line, heard] = voicesIn(new Uint8Array(await response.arrayBuffer()));
  return recordedFrom(record, agent, line, heard);
}

function recordedFrom(record: CallRecord, agent: AgentVersion, line: Uint8Array, heard: Uint8Array): RecordedCall {
  const exchanges: Exchange[] = [];
  const begin = (cause: Exchange['cause']): Exchange => {
    const exchange = {
      cause,
      before: undefined,
      tools: [],
      speech: undefined,
      delayMs: undefined,
      isDuringTool: false,
    };
    exchanges.push(exchange);
    return exchange;
  };
  for (const turn of record.turns) {
    if (turn.role === 'caller') {
      const { startMs, endMs } = turn;
      const voice = endMs > startMs ? { startMs, endMs } : undefined;
      begin({ kind: 'words', text: turn.text, voice, isSecret: turn.sensitive === true, atMs: endMs });
      continue;
    }
    const last = exchanges.at(-1);
    const text = last ? ANY_TOLD : (agent.greeting ?? ANY_TOLD);
    const exchange = last && !last.speech ? last : begin({ kind: 'told', text, atMs: turn.startMs });
    exchange.speech = speechOf(turn, heard);
    exchange.delayMs = turn.responseGapParts?.model ?? USUAL_DELAY_MS;
  }
  for (const tool of record.toolCalls) {
    const exchange = exchanges.findLast(({ cause }) => cause.atMs <= tool.startMs);
    if (exchange) exchange.tools = [...exchange.tools, tool];
  }
  const durationMs = record.durationMs ?? line.length / BYTES_PER_MS;
  return {
    callSid: record.callSid,
    startedAt: record.startedAt,
    durationMs,
    agent,
    caller: record.direction === 'outbound' ? record.to : record.from,
    line,
    exchanges,
    keys: [],
    waits: [],
    hungUpMs: record.endReason === 'caller-hung-up' ? durationMs : undefined,
    turns: record.turns,
    endReason: record.endReason ?? undefined,
    clears: record.audio.clears,
  };
}

/** The record has where a turn was heard; of one that was cut there is no more than that. */
function speechOf({ text, startMs, heardMs, interrupted, sensitive }: AgentTurn, heard: Uint8Array): Speech {
  const at = Math.round(startMs * BYTES_PER_MS);
  const mulaw = heard.subarray(at, at + Math.round(heardMs * BYTES_PER_MS));
  const endMs = startMs + heardMs;
  return { text, mulaw, startMs, endMs, sentMs: endMs, isCut: interrupted, isSecret: sensitive === true };
}

function voicesIn(wav: Uint8Array): [Uint8Array, Uint8Array] {
  const { rateHz, channels, samples } = readWav(wav);
  if (rateHz !== BYTES_PER_MS * 1000 || channels !== 2) {
    throw new BridgeError('FIXTURE_INVALID', `the recording has ${channels} channels at ${rateHz} Hz, not 2 at 8000`);
  }
  const side = (channel: 0 | 1) => {
    const mulaw = new Uint8Array(samples.length / 2);
    encodeMulaw(
      samples.filter((_, index) => index % 2 === channel),
      mulaw,
    );
    return mulaw;
  };
  return [side(0), side(1)];
}
