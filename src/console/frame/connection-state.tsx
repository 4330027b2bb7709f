import { Badge } from '@mantine/core';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { live } from '../api/live.ts';

/** Whether what is shown is how things are, in words and colour. */
export function ConnectionState() {
  const { connection, heardAtMs } = useSyncExternalStore(live.follow, live.get);
  const [, tick] = useState(0);
  useEffect(() => {
    if (connection !== 'lost') return;
    const timer = setInterval(() => tick((count) => count + 1), 1000);
    return () => clearInterval(timer);
  }, [connection]);

  const agoS = Math.round((Date.now() - heardAtMs) / 1000);
  const [words, name] =
    connection === 'live'
      ? ['Live', 'live']
      : connection === 'connecting'
        ? ['Connecting', 'connecting']
        : [`Reconnecting, last update ${agoS} s ago`, 'lost'];
  return (
    <Badge
      variant="light"
      className="tabular"
      role="status"
      data-connection={name}
      styles={{
        root: {
          color: connection === 'live' ? 'var(--agent)' : 'var(--warning)',
          background: connection === 'live' ? 'var(--agent-soft)' : 'var(--warning-soft)',
        },
      }}
    >
      {words}
    </Badge>
  );
}
