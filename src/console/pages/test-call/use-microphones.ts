import { useEffect, useState } from 'react';
import { listMicrophones } from '../../audio/microphone.ts';

/** The microphones that the browser names; it does so once it has opened one. `again` asks anew. */
export function useMicrophones(again: unknown): readonly { id: string; name: string }[] {
  const [microphones, setMicrophones] = useState<readonly { id: string; name: string }[]>([]);
  useEffect(() => {
    let isGone = false;
    const look = () =>
      listMicrophones().then(
        (found) => !isGone && setMicrophones(found),
        () => undefined,
      );
    void look();
    const devices = navigator.mediaDevices as MediaDevices | undefined;
    devices?.addEventListener('devicechange', look);
    return () => {
      isGone = true;
      devices?.removeEventListener('devicechange', look);
    };
  }, [again]);
  return microphones;
}
