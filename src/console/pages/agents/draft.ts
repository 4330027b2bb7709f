import type { Agent } from '../../api/types.ts';

/**
 * What is edited: the fields of an agent as the API takes them. What is half typed may be of another kind than the API
 * takes (a text where JSON is wanted): it says so when it is saved.
 */
export type Draft = Readonly<Record<string, unknown>>;

export type Tool = Agent['tools'][number];
export type ToolKind = Tool['kind'];

/** What stands for a secret that is there and not shown; given back, it keeps that secret. */
export const HIDDEN_SECRET = '********';

/** A new agent, with what the API would fill in. */
export const BLANK: Draft = {
  name: '',
  systemPrompt: '',
  voiceId: 'matthew',
  inference: { maxTokens: 1024, topP: 0.9, temperature: 0.7 },
  audio: { inputRateHz: 16_000, outputRateHz: 24_000 },
  silence: { promptAfterMs: 10_000, hangUpAfter: 2 },
  maxCallMs: 1_800_000,
  dtmf: { terminator: '#', pauseMs: 2000, sensitive: false },
  tools: [],
};

export function draftOf({ id: _id, version: _version, createdAt: _createdAt, ...fields }: Agent): Draft {
  return fields;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Half typed tools are drafts too. */
export function toolsOf(draft: Draft): readonly Draft[] {
  return Array.isArray(draft.tools) ? draft.tools.filter(isObject) : [];
}

/** What a tool is known by to people: its name, or the address of its server. */
export function toolName(tool: Draft): string {
  return String((tool.kind === 'mcp' ? tool.url : tool.name) ?? '');
}

/** The value at a path such as `tools.0.auth.kind`. */
export function valueAt(value: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((node, key) => {
    if (Array.isArray(node)) return node[Number(key)];
    return isObject(node) ? node[key] : undefined;
  }, value);
}

/** The draft with another value at that path; undefined takes the field away. */
export function withValue(draft: Draft, path: string, value: unknown): Draft {
  return changed(draft, path.split('.'), value) as Draft;
}

function changed(node: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined) return value;
  if (Array.isArray(node)) {
    return node.map((each, index) => (String(index) === key ? changed(each, rest, value) : each));
  }
  const fields = new Map(Object.entries(isObject(node) ? node : {}));
  const next = changed(fields.get(key), rest, value);
  if (next === undefined) fields.delete(key);
  else fields.set(key, next);
  return Object.fromEntries(fields);
}

/** Whether both say the same; a field that is undefined is not there. */
export function isSame(one: unknown, other: unknown): boolean {
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((each, index) => isSame(each, other[index]));
  }
  if (isObject(one) && isObject(other)) {
    return [...new Set([...Object.keys(one), ...Object.keys(other)])].every((key) => isSame(one[key], other[key]));
  }
  return one === other;
}

/** The change from one to the other as PATCH takes it (RFC 7396). */
export function patchOf(before: Draft, after: Draft): Draft {
  const patch = new Map<string, unknown>();
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [old, next] = [before[key], after[key]];
    if (isSame(old, next)) continue;
    if (next === undefined) patch.set(key, null);
    else patch.set(key, isObject(old) && isObject(next) ? patchOf(old, next) : next);
  }
  return Object.fromEntries(patch);
}

/** The draft as it may be kept in the browser: without secrets that were typed. */
export function withoutSecrets(draft: Draft): Draft {
  const tools = toolsOf(draft).map((tool) => {
    const secret = valueAt(tool, 'auth.clientSecret');
    return secret === undefined || secret === HIDDEN_SECRET ? tool : withValue(tool, 'auth.clientSecret', '');
  });
  return { ...draft, tools };
}
