import { Stack, Text, Title } from '@mantine/core';
import type { Call } from '../../api/types.ts';
import { shownDuration, shownTime } from '../../parts/format.ts';
import { List } from '../../parts/list.tsx';

/** The streams to the model one after the other, when the call was connected again, and what went wrong. */
export function Streams({ streams, reconnections, faults, ...call }: Call) {
  const counted = Object.entries(faults);
  return (
    <Stack gap="sm">
      <List label="Streams to the model" columns={['Stream', 'Opened', 'Closed', 'Why', 'Model', 'Region']}>
        {streams.map(({ openedMs, closedMs, closed, modelId, region }, index) => (
          <tr key={index}>
            <td>{index + 1}</td>
            <td className="tabular">{shownDuration(openedMs)}</td>
            <td className="tabular">{closedMs === null ? 'open' : shownDuration(closedMs)}</td>
            <td>{closed ?? ''}</td>
            <td className="mono">{modelId}</td>
            <td>{region}</td>
          </tr>
        ))}
      </List>
      <Title order={3}>Faults</Title>
      {counted.length === 0 ? (
        <Text size="sm" c="dimmed">
          Nothing irregular was counted.
        </Text>
      ) : (
        <dl className="facts">
          {counted.map(([code, count]) => [
            <dt key={code} className="mono">
              {code}
            </dt>,
            <dd key={`${code} count`}>{count}</dd>,
          ])}
        </dl>
      )}
      <Title order={3}>Line</Title>
      <dl className="facts">
        {reconnections.map(({ at, why }) => [
          <dt key={at}>connected again at {shownTime(at)}</dt>,
          <dd key={`${at} why`}>{why}</dd>,
        ])}
        {call.carrierStatus !== null && [
          <dt key="carrier">carrier's word</dt>,
          <dd key="word">{call.carrierStatus}</dd>,
        ]}
        {call.answeredBy !== null && [<dt key="answered">answered by</dt>, <dd key="by">{call.answeredBy}</dd>]}
        {call.transferredTo !== null && [<dt key="to">put through to</dt>, <dd key="whom">{call.transferredTo}</dd>]}
        <dt>direction</dt>
        <dd>{call.direction}</dd>
      </dl>
    </Stack>
  );
}
