import { Stack, Text } from '@mantine/core';
import type { Call } from '../../api/types.ts';
import { shownMs } from '../../parts/format.ts';
import { List } from '../../parts/list.tsx';

const countFormat = new Intl.NumberFormat();

/** As money, to the hundredth part of the smallest coin. */
export function shownCost({ currency, amount }: NonNullable<Call['cost']>): string {
  try {
    return new Intl.NumberFormat(undefined, { style: 'currency', currency, maximumFractionDigits: 4 }).format(amount);
  } catch {
    return `${amount} ${currency}`;
  }
}

/** What the voice model used, what that cost, and what was sent and heard of sound. */
export function Usage({ usage, cost, audio }: Pick<Call, 'usage' | 'cost' | 'audio'>) {
  const rows = [
    ['heard (input)', usage.input],
    ['spoken (output)', usage.output],
  ] as const;
  return (
    <Stack gap="sm">
      <List label="Tokens" columns={['Tokens', 'Speech', 'Text']}>
        {rows.map(([name, { speechTokens, textTokens }]) => (
          <tr key={name}>
            <td>{name}</td>
            <td className="figure">{countFormat.format(speechTokens)}</td>
            <td className="figure">{countFormat.format(textTokens)}</td>
          </tr>
        ))}
      </List>
      <Text size="sm">
        {cost
          ? `Voice model: ${shownCost(cost)}`
          : 'No cost is shown: NOVA_PRICES has no price for what this call used.'}
      </Text>
      <dl className="facts">
        <dt>dead air</dt>
        <dd>{shownMs(audio.deadAirMs)}</dd>
        <dt>gaps of the line filled</dt>
        <dd>{shownMs(audio.filledMs)}</dd>
        <dt>late sound dropped</dt>
        <dd>{shownMs(audio.droppedMs)}</dd>
        <dt>playout cleared</dt>
        <dd>{audio.clears} times</dd>
      </dl>
    </Stack>
  );
}
