import { Accordion, Button, Group, Menu, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { Empty } from '../../parts/empty.tsx';
import { type Draft, isSame, toolName, toolsOf } from './draft.ts';
import { useForm } from './form.ts';
import { ToolForm } from './tool-form.tsx';
import { kindOf, TOOL_KINDS } from './tool-kinds.ts';
import { TryTool } from './try-tool.tsx';

/** What the agent can do beyond talking. */
export function ToolsTab({
  agentId,
  version,
  saved,
  replace,
}: {
  agentId: string | null;
  version: number;
  saved: Draft;
  replace: (next: (draft: Draft) => Draft) => void;
}) {
  const { draft, problems, isReadOnly } = useForm();
  const tools = toolsOf(draft);
  const wrong = tools.flatMap((_tool, index) =>
    Object.keys(problems).some((field) => field.startsWith(`tools.${index}.`)) ? [String(index)] : [],
  );
  const [open, setOpen] = useState<string[]>([]);
  const setTools = (next: (tools: readonly Draft[]) => Draft[]) =>
    replace((now) => ({ ...now, tools: next(toolsOf(now)) }));

  const add = (blank: Draft) => {
    setTools((now) => [...now, blank]);
    setOpen([String(tools.length)]);
  };
  const remove = (tool: Draft, index: number) => {
    setTools((now) => now.filter((_each, at) => at !== index));
    setOpen([]);
    const id = notifications.show({
      message: (
        <Group justify="space-between">
          <span>{`“${toolName(tool) || 'The tool'}” is taken out of the draft.`}</span>
          <Button
            size="compact-sm"
            variant="default"
            onClick={() => {
              setTools((now) => [...now.slice(0, index), tool, ...now.slice(index)]);
              notifications.hide(id);
            }}
          >
            Undo
          </Button>
        </Group>
      ),
    });
  };

  return (
    <div className="agent-form">
      {tools.length === 0 && (
        <Empty title="No tools">
          The agent can only talk. Tools let it look things up, ask other agents, hand over.
        </Empty>
      )}
      {tools.length > 0 && (
        <Accordion
          multiple
          variant="separated"
          order={2}
          value={[...new Set([...open, ...wrong])]}
          onChange={setOpen}
          keepMounted={false}
          transitionDuration={0}
        >
          {tools.map((tool, index) => (
            // Tools have no identity but their place: names may be empty or twice while they are typed.
            <Accordion.Item key={`${index}`} value={`${index}`}>
              <Accordion.Control>
                <Group gap="sm">
                  <span className="mono" style={{ overflowWrap: 'anywhere' }}>
                    {toolName(tool) || 'without a name'}
                  </span>
                  <Text span size="sm" c="dimmed">
                    {kindOf(tool).label}
                  </Text>
                  {wrong.includes(String(index)) && <span className="agent-wrong">to mend</span>}
                </Group>
              </Accordion.Control>
              <Accordion.Panel>
                <Stack gap="md">
                  <ToolForm path={`tools.${index}`} tool={tool} />
                  <TryTool
                    agentId={agentId}
                    version={version}
                    tool={tool}
                    isSaved={toolsOf(saved).some((each) => isSame(each, tool))}
                  />
                  {!isReadOnly && (
                    <Group justify="flex-end">
                      <Button variant="outline" color="red" onClick={() => remove(tool, index)}>
                        Remove tool
                      </Button>
                    </Group>
                  )}
                </Stack>
              </Accordion.Panel>
            </Accordion.Item>
          ))}
        </Accordion>
      )}
      {!isReadOnly && (
        <div>
          <Menu position="bottom-start" transitionProps={{ duration: 0 }}>
            <Menu.Target>
              <Button leftSection={<IconPlus size={16} />} variant="default">
                Add tool
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              {Object.entries(TOOL_KINDS).map(([kind, { label, says, blank }]) => (
                <Menu.Item key={kind} onClick={() => add(blank)}>
                  {label}
                  <Text size="xs" c="dimmed">
                    {says}
                  </Text>
                </Menu.Item>
              ))}
            </Menu.Dropdown>
          </Menu>
        </div>
      )}
    </div>
  );
}
