import { Stack, Text, Title } from '@mantine/core';
import { List } from '../../parts/list.tsx';
import { differencesOf, shownValue } from './differences.ts';
import type { Draft } from './draft.ts';
import { WordDiff } from './word-diff.tsx';

const TEXTS = ['System prompt', 'Greeting'];

/** What is different between two versions: texts word by word, everything else field by field. */
export function Comparison({
  before,
  after,
  names,
}: {
  before: Draft;
  after: Draft;
  names: readonly [string, string];
}) {
  const differences = differencesOf(before, after);
  const texts = differences.filter(({ label }) => TEXTS.includes(label));
  const fields = differences.filter(({ label }) => !TEXTS.includes(label));
  if (differences.length === 0) return <Text size="sm">There is no difference.</Text>;
  return (
    <Stack gap="md">
      {texts.map(({ label, before: old, after: next }) => (
        <section key={label} aria-label={label}>
          <Title order={3} mb={4}>
            {label}
          </Title>
          <WordDiff before={String(old ?? '')} after={String(next ?? '')} />
        </section>
      ))}
      {fields.length > 0 && (
        <List label="Fields" columns={['Field', ...names]}>
          {fields.map(({ label, before: old, after: next }) => (
            <tr key={label}>
              <td className="wide">{label}</td>
              <td className="wide">
                <div className="agent-text mono">{shownValue(old)}</div>
              </td>
              <td className="wide">
                <div className="agent-text mono">{shownValue(next)}</div>
              </td>
            </tr>
          ))}
        </List>
      )}
    </Stack>
  );
}
