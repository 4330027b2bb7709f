import { IconInfoCircle } from '@tabler/icons-react';
import { Notice } from './notice.tsx';

/** What rehearsals cannot show, so that nobody takes them for more than they are. */
export function Limits({ limits }: { limits: readonly string[] }) {
  if (limits.length === 0) return null;
  return (
    <Notice kind="warning" icon={<IconInfoCircle size={18} />} mb="sm" title="What rehearsals do not show here">
      {limits.map((limit) => (
        <p key={limit} className="creator-reason">
          {limit}
        </p>
      ))}
    </Notice>
  );
}
