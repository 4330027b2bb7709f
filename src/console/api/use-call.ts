import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { request } from './client.ts';
import { live } from './live.ts';
import type { TimedEvent } from './live-call.ts';
import type { Call } from './types.ts';

/** A call on record, kept up with what happens to it while it goes on. `again` asks anew. */
export function useCall(callSid: string): { call: Call | undefined; error: unknown; again: () => void } {
  const [call, setCall] = useState<Call>();
  const [error, setError] = useState<unknown>();
  const [attempt, setAttempt] = useState(0);
  const queries = useQueryClient();

  useEffect(() => {
    const abort = new AbortController();
    let known: Call | undefined;
    // What happens while the answer is on its way: each fact holds the whole of what it changes.
    const early: TimedEvent[] = [];
    const askAnew = () => setAttempt((n) => n + 1);
    const stop = live.followCall(callSid, {
      happened(event) {
        if (!known) early.push(event);
        else {
          if (leavesHole(known, event)) askAnew();
          known = changed(known, event);
          setCall(known);
        }
        // Cost, recording and the carrier's word come with the record alone.
        if (event.kind === 'ended' || event.kind === 'recordingChanged') setTimeout(askAnew, 500);
      },
      missed() {
        // Of what is over and whole, nothing can have been missed.
        if (known?.state !== 'ended' || known.recording?.state === 'recording') askAnew();
      },
    });
    setError(undefined);
    request<Call>(`/calls/${encodeURIComponent(callSid)}`, { signal: abort.signal }).then(
      (answer) => {
        known = early.reduce(changed, answer);
        setCall(known);
        void queries.invalidateQueries({ queryKey: ['calls'] });
      },
      (reason: unknown) => {
        if (!abort.signal.aborted) setError(reason);
      },
    );
    return () => {
      stop();
      abort.abort();
    };
  }, [callSid, attempt]);

  return { call, error, again: () => setAttempt((n) => n + 1) };
}

/** Whether it is about a turn or a stream behind others that nobody has told of. */
export function leavesHole(call: Call, event: TimedEvent): boolean {
  if (event.kind === 'turnChanged') return event.index > call.turns.length;
  return event.kind === 'streamChanged' && event.index > call.streams.length;
}

/** The call after a fact, as far as a page shows it. What would leave a hole behind it is left out. */
export function changed(call: Call, event: TimedEvent): Call {
  switch (event.kind) {
    case 'answered':
      return { ...call, state: 'live', endReason: null, mediaStartedAt: call.mediaStartedAt ?? event.wallTime };
    case 'turnChanged':
      return { ...call, turns: replaced(call.turns, event.index, event.turn) };
    case 'toolChanged': {
      const index = call.toolCalls.findIndex(({ id }) => id === event.toolCall.id);
      const toolCall = event.toolCall as Call['toolCalls'][number];
      return { ...call, toolCalls: replaced(call.toolCalls, index < 0 ? call.toolCalls.length : index, toolCall) };
    }
    case 'streamChanged':
      return { ...call, streams: replaced(call.streams, event.index, event.stream) };
    case 'ended':
      return {
        ...call,
        state: 'ended',
        endReason: event.endReason,
        endedAt: event.wallTime,
        durationMs: Math.round(event.atMs),
      };
    default:
      return call;
  }
}

function replaced<Item>(items: readonly Item[], index: number, item: Item): Item[] {
  if (index > items.length) return [...items];
  const copy = [...items];
  copy[index] = item;
  return copy;
}
