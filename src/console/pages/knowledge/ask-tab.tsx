import { Button, Loader, NumberInput, Select, Text, Textarea, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useSearchParams } from 'wouter';
import { request } from '../../api/client.ts';
import { Empty } from '../../parts/empty.tsx';
import { shownMs } from '../../parts/format.ts';
import { useAgents } from '../../parts/use-agents.ts';
import { useRole } from '../../parts/use-role.ts';
import { AwsProblem } from './aws-problem.tsx';
import { countOf } from './ingestion-state.ts';
import { PassageList } from './passage-list.tsx';
import { filterProblem, MAX_PASSAGES, MAX_QUESTION_LENGTH, queryBody } from './question.ts';
import { apiPathOf, askersOf, type Thing } from './thing.ts';
import type { Passage } from './types.ts';

const NAMES = ['q', 'as', 'n', 'filter'] as const;

/** Asks as an agent's tool would, and shows what it would be answered. What was asked stands in the address. */
export function AskTab({ thing }: { thing: Thing }) {
  const [search, setSearch] = useSearchParams();
  const inAddress = (name: (typeof NAMES)[number]) => search.get(name) ?? '';
  const asked = { q: inAddress('q'), as: inAddress('as'), n: inAddress('n'), filter: inAddress('filter') };
  const [typed, setTyped] = useState(asked);
  const { data: agents, isLoading: isWaiting } = useAgents();
  const askers = askersOf(agents ?? [], thing).map((asker) => ({
    ...asker,
    key: `${asker.agentId}/${asker.tool.name}`,
  }));
  const toolOf = (key: string) => (askers.find((asker) => asker.key === key) ?? askers[0])?.tool;
  const role = useRole();
  const mayAsk = role === 'admin' || role === 'tester';
  const wrongFilter = filterProblem(typed.filter);

  const path = `${apiPathOf(thing)}/query`;
  const body = queryBody(thing, asked, toolOf(asked.as));
  const answer = useQuery({
    queryKey: ['knowledge', 'ask', path, body],
    queryFn: async ({ signal }) => {
      const startMs = performance.now();
      const { passages } = await request<{ passages: Passage[] }>(path, { method: 'POST', body, signal });
      return { passages, tookMs: performance.now() - startMs };
    },
    // Which tool asks has to be known first.
    enabled: mayAsk && asked.q !== '' && !isWaiting && filterProblem(asked.filter) === undefined,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    retry: false,
  });

  const ask = (event: FormEvent) => {
    event.preventDefault();
    const next = { ...typed, q: typed.q.trim() };
    if (next.q === '' || wrongFilter !== undefined) return;
    if (NAMES.every((name) => next[name] === asked[name])) {
      void answer.refetch();
      return;
    }
    setSearch(
      (before) => {
        const params = new URLSearchParams(before);
        for (const name of NAMES) {
          if (next[name] === '') params.delete(name);
          else params.set(name, next[name]);
        }
        return params;
      },
      { replace: true },
    );
  };
  if (!mayAsk) return <Empty title="Asking needs the role tester or admin">Every question is paid for at AWS.</Empty>;
  const tool = toolOf(typed.as);
  const most = tool && (tool.kind === 'knowledge-base' ? tool.numberOfResults : tool.topK);
  return (
    <>
      <form onSubmit={ask} className="knowledge-ask">
        <TextInput
          label="Ask as the tool would"
          placeholder="refund after 30 days?"
          value={typed.q}
          maxLength={MAX_QUESTION_LENGTH}
          onChange={({ currentTarget }) => setTyped({ ...typed, q: currentTarget.value })}
          rightSectionWidth={84}
          rightSection={
            <Button
              type="submit"
              size="compact-sm"
              leftSection={<IconSearch size={14} />}
              disabled={typed.q.trim() === ''}
            >
              Ask
            </Button>
          }
        />
        <div className="knowledge-figures">
          <Select
            label="As the tool"
            data={askers.map(({ key, agentName, tool: { name } }) => ({
              value: key,
              label: `${name} of ${agentName}`,
            }))}
            value={askers.find(({ key }) => key === typed.as)?.key ?? askers[0]?.key ?? null}
            onChange={(as) => setTyped({ ...typed, as: as ?? '' })}
            placeholder="none asks it yet"
            disabled={askers.length === 0}
          />
          <NumberInput
            label="Passages"
            placeholder={most === undefined ? '5' : `${most}, as the tool`}
            min={1}
            max={MAX_PASSAGES}
            allowDecimal={false}
            value={typed.n === '' ? '' : Number(typed.n)}
            onChange={(n) => setTyped({ ...typed, n: String(n) })}
          />
          <Textarea
            label="Filter (JSON)"
            placeholder={
              tool && Object.keys(tool.filter).length > 0 ? `${JSON.stringify(tool.filter)}, as the tool` : 'none'
            }
            value={typed.filter}
            error={wrongFilter}
            autosize
            minRows={1}
            onChange={({ currentTarget }) => setTyped({ ...typed, filter: currentTarget.value })}
          />
        </div>
      </form>
      <Text size="sm" c="dimmed" role="status" my="xs" className="tabular">
        {answer.isFetching && 'Asking…'}
        {!answer.isFetching &&
          answer.data &&
          `${countOf(answer.data.passages.length, 'passage')} in ${shownMs(answer.data.tookMs)}`}
      </Text>
      {answer.isFetching && <Loader size="sm" aria-label="Asking" />}
      {!answer.isFetching && answer.error && (
        <AwsProblem what="Asking" error={answer.error} again={() => void answer.refetch()} />
      )}
      {!answer.isFetching && !answer.error && answer.data?.passages.length === 0 && (
        <Empty title="Nothing is found">
          An agent would be told the same.{' '}
          {asked.filter.trim() === '' && !(tool && Object.keys(tool.filter).length > 0)
            ? 'Documents are found once they are ready.'
            : 'The filter may leave out all there is: ask without it.'}
        </Empty>
      )}
      {!answer.isFetching && !answer.error && answer.data && <PassageList passages={answer.data.passages} />}
    </>
  );
}
