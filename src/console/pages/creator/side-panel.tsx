import { Tabs } from '@mantine/core';
import type { CreatorJob } from '../../api/types.ts';
import { CoverageList } from './coverage-list.tsx';
import type { Place } from './place.ts';
import { RemarkList } from './remark-list.tsx';
import type { Remark } from './remarks.ts';

/** What is held against the work, and what of the procedure has been shown. */
export function SidePanel(props: {
  job: CreatorJob;
  place: Place;
  remarks: readonly Remark[];
  addressOf: (place: Place) => string;
  go: (place: Place) => void;
  /** Somebody has followed a link, to a line or not. */
  followed: (hasLine: boolean) => void;
}) {
  const { job, place, remarks, addressOf, go, followed } = props;
  const open = openOf(remarks);
  const coverage = job.evidence?.coverage ?? [];
  const covered = coverage.filter(({ state }) => state === 'covered').length;
  const panel = place.panel ?? (open > 0 || covered === 0 ? 'findings' : 'coverage');
  return (
    <Tabs
      value={panel}
      onChange={(next) => go({ ...place, panel: next === 'coverage' ? 'coverage' : 'findings' })}
      keepMounted={false}
    >
      <Tabs.List mb="sm">
        <Tabs.Tab value="findings">Findings {open}</Tabs.Tab>
        <Tabs.Tab value="coverage">
          Coverage {covered} / {coverage.length}
        </Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="findings">
        <RemarkList remarks={remarks} addressOf={addressOf} followed={followed} />
      </Tabs.Panel>
      <Tabs.Panel value="coverage">
        <CoverageList job={job} addressOf={addressOf} followed={() => followed(false)} />
      </Tabs.Panel>
    </Tabs>
  );
}

/** How many wait for an answer. */
export function openOf(remarks: readonly Remark[]): number {
  return remarks.filter(({ isAnswered }) => !isAnswered).length;
}
