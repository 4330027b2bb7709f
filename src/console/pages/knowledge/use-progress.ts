import { useDocumentVisibility } from '@mantine/hooks';
import { useEffect, useRef, useState } from 'react';
import { followProgress } from './progress.ts';

/**
 * Follows the progress of all that `paths` name while the page can be seen: streams of pages that cannot would keep others
 * from loading. Says whether one of them is cut off at the moment.
 */
export function useProgress<State>(
  paths: readonly string[],
  listener: { told: (state: State) => void; ended: (path: string) => void },
): boolean {
  const isVisible = useDocumentVisibility() !== 'hidden';
  const hearing = useRef(listener);
  useEffect(() => {
    hearing.current = listener;
  });
  const [lost, setLost] = useState<readonly string[]>([]);
  const key = isVisible ? paths.join('\n') : '';
  useEffect(() => {
    const stops = (key === '' ? [] : key.split('\n')).map((path) =>
      followProgress<State>(path, {
        told: (state) => hearing.current.told(state),
        ended: () => hearing.current.ended(path),
        connected: (isConnected) =>
          setLost((before) => [...before.filter((other) => other !== path), ...(isConnected ? [] : [path])]),
      }),
    );
    return () => {
      for (const stop of stops) stop();
      setLost([]);
    };
  }, [key]);
  return lost.length > 0;
}
