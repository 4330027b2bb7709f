import type { Draft, ToolKind } from './draft.ts';

/** A field of a tool's form; `path` is within the tool. */
export interface FieldSpec {
  readonly path: string;
  readonly label: string;
  readonly type: 'text' | 'number' | 'json' | 'list' | 'switch' | 'select';
  readonly hint?: string;
  readonly options?: readonly (string | number)[];
  readonly isOptional?: boolean;
}

export interface ToolKindSpec {
  readonly label: string;
  readonly says: string;
  /** Whether the model calls it by a name of its own. */
  readonly isNamed: boolean;
  /** Whether the caller may have to wait for it. */
  readonly canWait: boolean;
  /** Whether the bridge has to say who it is. */
  readonly hasAuth: boolean;
  readonly fields: readonly FieldSpec[];
  /** A new one, with what the API would fill in. */
  readonly blank: Draft;
}

const spoken = { name: '', description: '', timeoutMs: 8000 };
const waiting = { ...spoken, waitSound: { afterMs: 1200 } };
const filter: FieldSpec = {
  path: 'filter',
  label: 'Filter',
  type: 'json',
  hint: 'Only passages whose metadata match; {} takes all.',
};

export const TOOL_KINDS: Readonly<Record<ToolKind, ToolKindSpec>> = {
  agentcore: {
    label: 'AgentCore agent',
    says: 'asks an agent that is deployed on Bedrock AgentCore',
    isNamed: true,
    canWait: true,
    hasAuth: true,
    fields: [
      { path: 'agentRuntimeArn', label: 'Runtime ARN', type: 'text' },
      {
        path: 'qualifier',
        label: 'End point',
        type: 'text',
        hint: 'The runtime’s end point; DEFAULT is always there.',
      },
      {
        path: 'payload',
        label: 'Payload',
        type: 'json',
        isOptional: true,
        hint: 'Left empty: {"prompt": …}. May mention {{input.<field>}}, {{callSid}}, {{sessionId}}, {{caller}}, {{called}}, {{variables.<name>}}.',
      },
      { path: 'readOnly', label: 'It only looks things up: a newer question takes its place', type: 'switch' },
    ],
    blank: { kind: 'agentcore', ...waiting, agentRuntimeArn: '', qualifier: 'DEFAULT', auth: { kind: 'sigv4' } },
  },
  'bedrock-agent': {
    label: 'Bedrock agent',
    says: 'asks a classic Bedrock agent',
    isNamed: true,
    canWait: true,
    hasAuth: false,
    fields: [
      { path: 'agentId', label: 'Agent id', type: 'text', hint: 'Ten letters and digits.' },
      { path: 'agentAliasId', label: 'Alias id', type: 'text', hint: 'Ten letters and digits.' },
      { path: 'readOnly', label: 'It only looks things up: a newer question takes its place', type: 'switch' },
      { path: 'trace', label: 'The reason of a failure is asked for (a trace)', type: 'switch' },
    ],
    blank: { kind: 'bedrock-agent', ...waiting, agentId: '', agentAliasId: '', trace: false },
  },
  'knowledge-base': {
    label: 'Knowledge base',
    says: 'looks passages up in a Bedrock knowledge base',
    isNamed: true,
    canWait: true,
    hasAuth: false,
    fields: [
      { path: 'knowledgeBaseId', label: 'Knowledge base id', type: 'text', hint: 'Ten letters and digits.' },
      { path: 'numberOfResults', label: 'Passages', type: 'number', hint: '1 to 100.' },
      { path: 'searchType', label: 'Search', type: 'select', options: ['SEMANTIC', 'HYBRID'] },
      filter,
    ],
    blank: {
      kind: 'knowledge-base',
      ...waiting,
      knowledgeBaseId: '',
      numberOfResults: 5,
      filter: {},
      searchType: 'SEMANTIC',
    },
  },
  's3-vectors': {
    label: 'S3 Vectors index',
    says: 'looks passages up in an index of S3 Vectors',
    isNamed: true,
    canWait: true,
    hasAuth: false,
    fields: [
      { path: 'vectorBucketName', label: 'Vector bucket', type: 'text' },
      { path: 'indexName', label: 'Index', type: 'text' },
      { path: 'topK', label: 'Passages', type: 'number', hint: '1 to 100.' },
      { path: 'embeddingModelId', label: 'Embedding model', type: 'text' },
      { path: 'dimensions', label: 'Dimensions', type: 'select', options: [256, 512, 1024] },
      { path: 'textKey', label: 'Metadata key of the text', type: 'text' },
      filter,
    ],
    blank: {
      kind: 's3-vectors',
      ...waiting,
      vectorBucketName: '',
      indexName: '',
      topK: 5,
      embeddingModelId: 'amazon.titan-embed-text-v2:0',
      dimensions: 1024,
      filter: {},
      textKey: 'AMAZON_BEDROCK_TEXT',
    },
  },
  mcp: {
    label: 'MCP server',
    says: 'gives the model the tools of an MCP server',
    isNamed: false,
    canWait: true,
    hasAuth: true,
    fields: [
      { path: 'url', label: 'Address', type: 'text', hint: 'https, or http on this machine.' },
      { path: 'allow', label: 'Allowed tools', type: 'list', hint: 'One a line; left empty: all that the server has.' },
    ],
    blank: { kind: 'mcp', url: '', allow: [], auth: { kind: 'none' }, timeoutMs: 8000, waitSound: { afterMs: 1200 } },
  },
  handoff: {
    label: 'Hand-off to a person',
    says: 'puts the caller through to a person',
    isNamed: true,
    canWait: false,
    hasAuth: false,
    fields: [
      { path: 'to', label: 'Number of the person', type: 'text', hint: 'E.164, such as +14155550100.' },
      { path: 'warm', label: 'The person hears first what it is about', type: 'switch' },
    ],
    blank: { kind: 'handoff', ...spoken, to: '', warm: true },
  },
  'hang-up': {
    label: 'Hang up',
    says: 'ends the call once the agent’s last words have been heard',
    isNamed: true,
    canWait: false,
    hasAuth: false,
    fields: [],
    blank: { kind: 'hang-up', ...spoken },
  },
  sensitive: {
    label: 'Secrets are spoken',
    says: 'blanks recording and transcript while a card number or the like is given',
    isNamed: true,
    canWait: false,
    hasAuth: false,
    fields: [{ path: 'limitMs', label: 'Ends by itself after (ms)', type: 'number', hint: '1,000 to 600,000.' }],
    blank: { kind: 'sensitive', ...spoken, limitMs: 180_000 },
  },
  scripted: {
    label: 'Scripted answers',
    says: 'answers from a list, for rehearsals',
    isNamed: true,
    canWait: true,
    hasAuth: false,
    fields: [
      {
        path: 'answers',
        label: 'Answers',
        type: 'json',
        hint: 'One a call, the last from then on: [{"output": {…}, "delayMs": 0}, {"error": "…"}].',
      },
    ],
    blank: { kind: 'scripted', ...waiting, answers: [{ output: {}, delayMs: 0 }] },
  },
};

export function kindOf(tool: Draft): ToolKindSpec {
  return TOOL_KINDS[tool.kind as ToolKind];
}
