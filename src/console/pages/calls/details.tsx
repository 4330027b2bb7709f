import './details.css';
import { Divider, Stack, Tabs } from '@mantine/core';
import type { Call } from '../../api/types.ts';
import { DelayList } from './delay-list.tsx';
import { Raw } from './raw.tsx';
import { Streams } from './streams.tsx';
import { ToolCalls } from './tool-calls.tsx';
import { TurnDetails } from './turn-details.tsx';
import { Usage } from './usage.tsx';

const TABS = ['delays', 'tools', 'usage', 'streams', 'raw'] as const;
const TAB_NAMES: Readonly<Record<(typeof TABS)[number], string>> = {
  delays: 'Delays',
  tools: 'Tools',
  usage: 'Usage and cost',
  streams: 'Streams and faults',
  raw: 'Raw',
};

/** The turn that was chosen, and below it everything of the call by what it is. */
export function Details(props: {
  call: Call;
  chosenIndex: number | undefined;
  tab: string;
  setTab: (tab: string) => void;
  choose: (index: number | undefined) => void;
  play: ((startMs: number) => void) | undefined;
}) {
  const { call, chosenIndex, tab, setTab, choose, play } = props;
  return (
    <Stack gap="sm">
      {chosenIndex !== undefined && (
        <>
          <TurnDetails call={call} index={chosenIndex} play={play} close={() => choose(undefined)} />
          <Divider />
        </>
      )}
      <Tabs
        value={TABS.find((each) => each === tab) ?? 'delays'}
        onChange={(next) => next && setTab(next)}
        keepMounted={false}
        styles={{ tab: { paddingInline: 8 }, panel: { paddingTop: 12 } }}
      >
        <Tabs.List aria-label="Of the whole call">
          {TABS.map((each) => (
            <Tabs.Tab key={each} value={each}>
              {TAB_NAMES[each]}
              {each === 'tools' && call.toolCalls.length > 0 && ` (${call.toolCalls.length})`}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="delays">
          <DelayList turns={call.turns} choose={choose} />
        </Tabs.Panel>
        <Tabs.Panel value="tools">
          <ToolCalls toolCalls={call.toolCalls} />
        </Tabs.Panel>
        <Tabs.Panel value="usage">
          <Usage {...call} />
        </Tabs.Panel>
        <Tabs.Panel value="streams">
          <Streams {...call} />
        </Tabs.Panel>
        <Tabs.Panel value="raw">
          <Raw call={call} />
        </Tabs.Panel>
      </Tabs>
    </Stack>
  );
}
