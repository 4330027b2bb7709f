import './call-page.css';
import { Skeleton, Stack, Title } from '@mantine/core';
import { useEffect } from 'react';
import { useCall } from '../../api/use-call.ts';
import { shownNumber } from '../../parts/format.ts';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { CallView } from './call-view.tsx';

/** A call on one page, while it goes on and afterwards. */
export function CallPage({ callSid }: { callSid: string }) {
  const { call, error, again } = useCall(callSid);
  const from = call?.from;
  useEffect(() => {
    if (from !== undefined) document.title = `${shownNumber(from)} · Call · Oratio`;
  }, [from]);
  if (call) return <CallView key={callSid} call={call} error={error} again={again} />;
  return (
    <Stack>
      <Title order={1}>Call</Title>
      {error === undefined ? <Skeleton height={240} /> : <ProblemAlert error={error} again={again} />}
    </Stack>
  );
}
