import { Button, Code, Group, Select, Stack, Text, TextInput, Title } from '@mantine/core';
import { IconPlayerPlay } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { request } from '../../api/client.ts';
import type { GivenTool, GivenTools, ToolTrial } from '../../api/types.ts';
import { CodeBlock } from '../../parts/code-block.tsx';
import { shownDuration, shownMs } from '../../parts/format.ts';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { WantedRuns } from '../../parts/tool-run.tsx';
import { type Draft, toolName } from './draft.ts';
import { InputForm, inputFields } from './input-form.tsx';
import { ScrollBox } from './scroll-box.tsx';
import { useMayTry } from './use-may-edit.ts';

/** Runs a tool once, as a call would. What is saved is what runs. */
export function TryTool(props: { agentId: string | null; version: number; tool: Draft; isSaved: boolean }) {
  const { agentId, version, tool, isSaved } = props;
  const mayTry = useMayTry();
  const { data, error } = useQuery({
    queryKey: ['agent', agentId, 'tools', version],
    queryFn: ({ signal }) =>
      request<GivenTools>(`/agents/${encodeURIComponent(agentId ?? '')}/tools?agentVersion=${version}`, {
        signal,
      }),
    enabled: agentId !== null && isSaved && mayTry,
  });
  if (!mayTry) return null;
  const name = toolName(tool);
  // The tools of a server have names of their own.
  const given = data?.items.filter((each) => (tool.kind === 'mcp' ? each.kind === 'mcp' : each.name === name)) ?? [];
  const problem = tool.kind === 'mcp' ? data?.problems.find(({ url }) => url === tool.url) : undefined;
  return (
    <section aria-label={`Try ${name || 'the tool'}`} className="agent-clash">
      <Title order={3} mb={4}>
        Try it
      </Title>
      {(agentId === null || !isSaved) && (
        <Text size="sm" c="dimmed">
          What is saved is what runs: save first.
        </Text>
      )}
      {error && <ProblemAlert error={error} />}
      {agentId !== null && isSaved && problem && <ServerProblem problem={problem} />}
      {agentId !== null && isSaved && data && given.length === 0 && !problem && (
        <Text size="sm" c="dimmed">
          The model is not given it at the moment: the server has not been reached, or has no such tool.
        </Text>
      )}
      {agentId !== null && isSaved && given.length > 0 && <Trial agentId={agentId} version={version} given={given} />}
    </section>
  );
}

function Trial({ agentId, version, given }: { agentId: string; version: number; given: readonly GivenTool[] }) {
  const [chosen, setChosen] = useState<string | null>(null);
  const tool = given.find(({ name }) => name === chosen) ?? given[0]!;
  const fields = inputFields(tool.inputSchema);
  const [input, setInput] = useState<Readonly<Record<string, unknown>>>({});
  const [json, setJson] = useState('{}');
  const [from, setFrom] = useState('');
  const [trial, setTrial] = useState<ToolTrial>();
  const [error, setError] = useState<unknown>();
  const [isRunning, setRunning] = useState(false);

  const run = async () => {
    setRunning(true);
    setError(undefined);
    setTrial(undefined);
    try {
      const body = {
        tool: tool.name,
        input: fields ? input : JSON.parse(json),
        agentVersion: version,
        ...(from.trim() !== '' && { from }),
      };
      setTrial(await request<ToolTrial>(`/agents/${encodeURIComponent(agentId)}/ask`, { method: 'POST', body }));
    } catch (reason) {
      setError(reason);
    } finally {
      setRunning(false);
    }
  };

  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">
        It really runs. {tool.waits && `In calls it took ${shownMs(tool.waits.p50Ms)} (median of ${tool.waits.count}).`}
      </Text>
      {given.length > 1 && (
        <Select
          label="Tool of the server"
          data={given.map(({ name }) => name)}
          value={tool.name}
          onChange={(next) => {
            setChosen(next);
            setInput({});
            setTrial(undefined);
          }}
        />
      )}
      <InputForm fields={fields} input={input} setInput={setInput} json={json} setJson={setJson} />
      <TextInput
        label="Caller"
        description="Whom it believes to be calling; left empty, nobody it knows."
        value={from}
        onChange={({ currentTarget }) => setFrom(currentTarget.value)}
      />
      <Group>
        <Button variant="default" leftSection={<IconPlayerPlay size={16} />} loading={isRunning} onClick={run}>
          Run {tool.name}
        </Button>
      </Group>
      {error !== undefined && <ProblemAlert error={error} />}
      {trial && (
        <div role="status">
          <Text size="sm" className="tabular" mb={4}>
            <b>{OUTCOMES[trial.outcome]}</b> after {shownMs(trial.durationMs)}
            {trial.code !== undefined && ` (${trial.code})`}
            {trial.to !== undefined &&
              `: ${trial.to}, ${trial.warm ? 'told first what it is about' : 'without a word before'}`}
          </Text>
          {trial.why && <FailureWhy why={trial.why} />}
          <Text size="sm" c="dimmed" mb={4}>
            What the model is told:
          </Text>
          <ScrollBox label="What the model is told">
            <CodeBlock text={JSON.stringify(trial.output, null, 2)} />
          </ScrollBox>
        </div>
      )}
      {trial && <WantedRuns by={tool.name} runs={trial.wanted} />}
    </Stack>
  );
}

/** The server's tools are missing from calls, or are as they were before. */
function ServerProblem({ problem }: { problem: GivenTools['problems'][number] }) {
  return (
    <div role="alert">
      <Text size="sm" mb={4}>
        The server could not be asked for its tools, for {shownDuration(problem.sinceMs)} now: {problem.message}.
      </Text>
      <FailureWhy why={problem} />
    </div>
  );
}

/** What only the operator gets to know. */
function FailureWhy({ why: { reason, service, problem } }: { why: NonNullable<ToolTrial['why']> }) {
  return (
    <Text size="sm" mb={4}>
      Why: <b>{reason}</b>
      {problem !== undefined && `; ${problem}`}
      {service !== undefined && <Code block>{service}</Code>}
    </Text>
  );
}

const OUTCOMES: Readonly<Record<ToolTrial['outcome'], string>> = {
  answered: 'Answered',
  failed: 'Failed',
  'hang-up': 'Would hang up,',
  handoff: 'Would hand over,',
  sensitive: 'Would blank what follows,',
};
