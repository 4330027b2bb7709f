import { IconArrowDownRight, IconArrowUpRight, IconEqual } from '@tabler/icons-react';
import { Link } from 'wouter';
import type { Overview } from '../../api/types.ts';
import { shownMs } from '../../parts/format.ts';
import { type Change, countChange, delayChange, shareChange } from './change.ts';
import {
  deadAirShare,
  ENOUGH_ANSWERS,
  type Figures,
  failedShare,
  interruptedShare,
  shownCount,
  shownShare,
} from './measures.ts';

const ARROWS = { up: IconArrowUpRight, down: IconArrowDownRight, same: IconEqual };

/** The range in seven figures, each with how it compares with the range before. */
export function Tiles({ overview: { total, before }, href }: { overview: Overview; href: string }) {
  const delay = (value: (figures: Figures) => number | null) => {
    const enough = (figures: Figures) => (figures.answers < ENOUGH_ANSWERS ? null : value(figures));
    const now = enough(total);
    const none = total.answers === 0 ? 'no answers' : `${total.answers} answers, too few`;
    return {
      value: now === null ? none : shownMs(now),
      change: delayChange([now, enough(before)]),
      isWord: now === null,
    };
  };
  const share = (value: (figures: Figures) => number | null, none: string) => {
    const now = value(total);
    return {
      value: now === null ? none : shownShare(now),
      change: shareChange([now, value(before)]),
      isWord: now === null,
    };
  };
  const { renewals } = total;
  const tiles = {
    Calls: { value: shownCount(total.calls), change: countChange([total.calls, before.calls]), isWord: false },
    'Response gap p50': delay(({ responseGapP50Ms }) => responseGapP50Ms),
    'Response gap p95': delay(({ responseGapP95Ms }) => responseGapP95Ms),
    Interrupted: share(interruptedShare, 'no agent turns'),
    'Tool failures': share(failedShare, 'no tool calls'),
    'Dead air': share(deadAirShare, 'no ended calls'),
    Renewals: {
      value: renewals === null ? 'no streams' : shownCount(renewals),
      change: countChange([renewals, before.renewals]),
      isWord: renewals === null,
    },
  };
  return (
    <ul className="overview-tiles" aria-label="Figures of the whole range">
      {Object.entries(tiles).map(([name, { value, change, isWord }]) => (
        <li key={name}>
          <Link href={href} className="overview-tile" data-tile={name}>
            <span>{name}</span>
            <b className={isWord ? 'is-word' : 'tabular'}>{value}</b>
            <ChangeWords change={change} />
          </Link>
        </li>
      ))}
    </ul>
  );
}

function ChangeWords({ change: { words, trend } }: { change: Change }) {
  const Arrow = trend === 'unknown' ? undefined : ARROWS[trend];
  return (
    <span className="overview-change tabular">
      {Arrow && <Arrow size={14} aria-hidden="true" />}
      {words}
    </span>
  );
}
