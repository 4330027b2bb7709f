import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { z } from 'zod';
import type { peaksSchema } from '../../../admin/peaks-schema.ts';
import { request } from '../../api/client.ts';
import { isWhole, type View } from './view.ts';

/** Levels of both sides in equal steps of a stretch. */
export interface Peaks extends View {
  readonly caller: readonly number[];
  readonly agent: readonly number[];
}

type Answer = z.output<typeof peaksSchema>;

const POINTS = 2000;
/** With steps as short as this, looking nearer shows nothing new. */
const FINE_STEP_MS = 5;
const SETTLED_MS = 200;

/** The recording as it is drawn: all of it, and the stretch that is looked at more finely where that shows more. */
export function usePeaks(callSid: string, isThere: boolean, view: View, lengthMs: number) {
  const path = `/calls/${encodeURIComponent(callSid)}/peaks?points=${POINTS}`;
  const whole = useQuery({
    queryKey: ['peaks', callSid],
    enabled: isThere,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async ({ signal }): Promise<Peaks> => {
      const { durationMs, caller, agent } = await request<Answer>(path, { signal });
      return { fromMs: 0, toMs: durationMs, caller, agent };
    },
  });
  // Not every step of the way is asked for.
  const [{ fromMs, toMs }] = useDebouncedValue(view, SETTLED_MS);
  const near = useQuery({
    queryKey: ['peaks', callSid, Math.round(fromMs), Math.round(toMs)],
    enabled: whole.data !== undefined && lengthMs / POINTS > FINE_STEP_MS && !isWhole({ fromMs, toMs }, lengthMs),
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }): Promise<Peaks> => {
      const [from, to] = [Math.round(fromMs), Math.round(toMs)];
      const answer = await request<Answer>(`${path}&fromMs=${from}&toMs=${to}`, { signal });
      const { durationMs, caller, agent } = answer;
      return { fromMs: from, toMs: Math.min(to, durationMs), caller, agent };
    },
  });
  return { whole: whole.data, near: near.data, error: whole.error };
}
