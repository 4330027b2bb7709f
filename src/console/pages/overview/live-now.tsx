import { useSyncExternalStore } from 'react';
import { Link } from 'wouter';
import { live } from '../../api/live.ts';
import type { Filters } from './use-overview.ts';

/** What goes on at this moment, from the events of the live board. */
export function LiveNow({ filters: { agentId, version, number, tests } }: { filters: Filters }) {
  const { calls, connection } = useSyncExternalStore(live.follow, live.get);
  if (connection === 'connecting') return null;
  const goingOn = calls.filter(
    (call) =>
      call.state !== 'ended' &&
      (agentId === '' || call.agentId === agentId) &&
      (version === '' || String(call.agentVersion) === version) &&
      (number === '' || call.from === number || call.to === number) &&
      (tests === 'included' || call.test === (tests === 'only')),
  );
  const withTool = goingOn.filter(({ runningTools }) => runningTools.length > 0).length;
  return (
    <Link href="/live" className="overview-now tabular">
      Now: {goingOn.length} {goingOn.length === 1 ? 'call' : 'calls'}
      {withTool > 0 && `, ${withTool} with a tool running`}
    </Link>
  );
}
