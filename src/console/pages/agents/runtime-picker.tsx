import { Select, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { request } from '../../api/client.ts';
import { useField, useForm } from './form.ts';

interface Runtimes {
  readonly items: readonly (
    | { readonly kind: 'agentcore'; readonly arn: string; readonly name: string; readonly status: string }
    | {
        readonly kind: 'bedrock-agent';
        readonly agentId: string;
        readonly agentAliasId: string;
        readonly name: string;
        readonly aliasName: string;
        readonly status: string;
      }
  )[];
  readonly problems: readonly { readonly kind: string; readonly message: string }[];
}
type Runtime = Runtimes['items'][number];

/** Fills in what is deployed in the account, where that can be listed; else it is typed. */
export function RuntimePicker({ path, kind }: { path: string; kind: Runtime['kind'] }) {
  const { isReadOnly, set } = useForm();
  const { value: tool } = useField(path);
  const { data } = useQuery({
    queryKey: ['runtimes'],
    queryFn: ({ signal }) => request<Runtimes>('/runtimes', { signal }),
    staleTime: 60_000,
    retry: false,
  });
  const found = data?.items.filter((runtime) => runtime.kind === kind) ?? [];
  const problem = data?.problems.find((each) => each.kind === kind);
  if (isReadOnly) return null;
  if (found.length === 0) {
    return problem ? (
      <Text size="sm" c="dimmed">
        What is deployed cannot be listed ({problem.message}): type it.
      </Text>
    ) : null;
  }
  return (
    <Select
      label="Deployed in the account"
      placeholder="Pick, or type below"
      data={found.map((runtime) => ({ value: idOf(runtime), label: labelOf(runtime) }))}
      value={found.map(idOf).find((id) => id === typedId(tool)) ?? null}
      searchable
      nothingFoundMessage="Nothing of that name"
      onChange={(id) => {
        const picked = found.find((runtime) => idOf(runtime) === id);
        if (picked?.kind === 'agentcore') set(`${path}.agentRuntimeArn`, picked.arn);
        if (picked?.kind === 'bedrock-agent') {
          set(`${path}.agentId`, picked.agentId);
          set(`${path}.agentAliasId`, picked.agentAliasId);
        }
      }}
    />
  );
}

function idOf(runtime: Runtime): string {
  return runtime.kind === 'agentcore' ? runtime.arn : `${runtime.agentId}/${runtime.agentAliasId}`;
}

function typedId(tool: unknown): string {
  const { agentRuntimeArn, agentId, agentAliasId } = tool as Record<string, unknown>;
  return agentRuntimeArn === undefined ? `${agentId}/${agentAliasId}` : String(agentRuntimeArn);
}

function labelOf(runtime: Runtime): string {
  const name = runtime.kind === 'agentcore' ? runtime.name : `${runtime.name} · ${runtime.aliasName}`;
  return `${name} (${runtime.status.toLowerCase()})`;
}
