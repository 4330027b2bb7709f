import { Code, List, Text } from '@mantine/core';
import { isObject, toolName, toolsOf } from './draft.ts';
import { AreaField, TextField } from './fields.tsx';
import { useForm } from './form.ts';

/** A token of English text is about that many characters. */
const CHARACTERS_A_TOKEN = 4;
const VARIABLES = [
  ['caller', 'the number that calls'],
  ['called', 'the number that was dialled'],
  ['now', 'day and time where the number is'],
  ['variables.<name>', 'what an outbound or test call brings along'],
] as const;

export function PromptTab() {
  const { draft } = useForm();
  const prompt = String(draft.systemPrompt ?? '');
  const unknown = unknownVariables(`${prompt} ${draft.greeting ?? ''}`);
  const unmentioned = toolsOf(draft)
    .filter((tool) => isObject(tool) && tool.kind !== 'mcp' && tool.name !== '')
    .map(toolName)
    .filter((name) => !prompt.includes(name));
  return (
    <div className="agent-form">
      <TextField path="name" label="Name" hint="For people; callers do not hear it." />
      <AreaField
        path="greeting"
        label="Greeting"
        hint="What the agent is told to begin with. Left empty, it waits for the caller to speak."
        isOptional
      />
      <div>
        <AreaField path="systemPrompt" label="System prompt" rows={12} />
        <Text size="xs" c="dimmed" className="tabular" mt={4}>
          {shownLength(prompt)}
        </Text>
      </div>
      {unknown.length > 0 && (
        <Text size="sm" className="agent-wrong" role="status">
          No call can fill {unknown.map((name) => `{{${name}}}`).join(', ')}.
        </Text>
      )}
      {unmentioned.length > 0 && (
        <Text size="sm" c="dimmed">
          The prompt does not mention {unmentioned.join(', ')}: the model then goes by the description of the tool
          alone.
        </Text>
      )}
      <section aria-label="Variables">
        <Text size="sm" fw={600}>
          What prompt and greeting may mention
        </Text>
        <List size="sm">
          {VARIABLES.map(([name, says]) => (
            <List.Item key={name}>
              <Code>{`{{${name}}}`}</Code> {says}
            </List.Item>
          ))}
        </List>
      </section>
    </div>
  );
}

function shownLength(text: string): string {
  const words = text.split(/\s+/).filter(Boolean).length;
  const tokens = Math.ceil(text.length / CHARACTERS_A_TOKEN);
  return `${words.toLocaleString()} words, about ${tokens.toLocaleString()} tokens; ${text.length.toLocaleString()} of 40,000 characters`;
}

function unknownVariables(text: string): string[] {
  const names = [...text.matchAll(/\{\{\s*([^{}]*?)\s*\}\}/g)].map(([, name = '']) => name);
  const isKnown = (name: string) =>
    ['caller', 'called', 'now'].includes(name) || /^variables\.[A-Za-z0-9_-]+$/.test(name);
  return [...new Set(names)].filter((name) => !isKnown(name));
}
