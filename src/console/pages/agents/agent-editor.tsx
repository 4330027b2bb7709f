import { useLeaveGuard } from '../../parts/use-leave-guard.ts';
import { askLeave } from './ask-leave.tsx';
import './agents.css';
import { Button, Group, Tabs, Text, Title } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { useEffect } from 'react';
import { Link, useLocation } from 'wouter';
import type { Agent } from '../../api/types.ts';
import { useFilters } from '../../parts/use-filters.ts';
import { shownUsage } from './agent-list.tsx';
import { ConflictDialog } from './conflict-dialog.tsx';
import { askDelete } from './delete-agent.tsx';
import { FormContext } from './form.ts';
import type { KeptDraft } from './kept-drafts.ts';
import { LimitsTab } from './limits-tab.tsx';
import { Notices } from './notices.tsx';
import { PromptTab } from './prompt-tab.tsx';
import { TABS, TabMark, tabLabel, tabOf } from './tabs.tsx';
import { ToolsTab } from './tools-tab.tsx';
import { useEditor } from './use-editor.ts';
import { useMayEdit } from './use-may-edit.ts';
import { useUsage } from './use-usage.ts';
import { VersionsTab } from './versions-tab.tsx';
import { VoiceTab } from './voice-tab.tsx';

/** An agent with everything it can be. */
export function AgentEditor({
  agentId,
  base,
  latestVersion,
  kept,
}: {
  agentId: string | null;
  base: Agent | undefined;
  latestVersion: number;
  kept: KeptDraft | undefined;
}) {
  const mayEdit = useMayEdit();
  const [, navigate] = useLocation();
  const { filters, setFilter } = useFilters(['tab']);
  const tab = TABS.find((each) => each === filters.tab) ?? 'prompt';
  const openTab = (next: string | null) => setFilter('tab', next === 'prompt' ? null : next);
  const editor = useEditor({
    agentId,
    base,
    kept,
    refused(fields) {
      const [first] = Object.keys(fields);
      if (first !== undefined) openTab(tabOf(first));
    },
    saved(agent) {
      notifications.show({ message: `${agent.name} is saved as v${agent.version}.` });
      if (agentId === null) navigate(`/agents/${agent.id}${location.search}`, { replace: true });
    },
  });
  const { version, draft, isDirty, problems } = editor;
  const numbers = useUsage().numbersOf(agentId ?? '');
  const name = String(draft.name ?? '') || (agentId === null ? 'New agent' : 'Agent without a name');

  useLeaveGuard(isDirty, askLeave);
  useHotkeys([['mod+S', () => isDirty && mayEdit && void editor.save()]], []);
  useEffect(() => {
    // The frame names the page when its address changes, after this.
    queueMicrotask(() => {
      document.title = `${isDirty ? '● ' : ''}${name} · Agents · Oratio`;
    });
  }, [isDirty, name]);

  return (
    <FormContext value={{ draft, problems, isReadOnly: !mayEdit, set: editor.set }}>
      <div className="agent-page">
        <Text size="sm" mb={4}>
          <Link href="/agents" className="agent-link">
            ← Agents
          </Link>
        </Text>
        <Group gap="sm" mb="sm" align="center" className="agent-head">
          <Title order={1} style={{ overflowWrap: 'anywhere' }}>
            {name}
          </Title>
          {isDirty && <span className="agent-mark">● unsaved</span>}
          <Text size="sm" c="dimmed">
            {agentId === null ? 'not saved yet' : `v${version} · used by ${shownUsage(numbers?.length)}`}
          </Text>
          <Group gap="xs" className="agent-side-actions">
            {agentId !== null && (
              <Button component={Link} href={`/test?agent=${encodeURIComponent(agentId)}`} variant="default">
                Test call
              </Button>
            )}
            {mayEdit && agentId !== null && (
              <Button variant="outline" color="red" onClick={() => askDelete({ agentId, name, version, navigate })}>
                Delete…
              </Button>
            )}
          </Group>
          {mayEdit && (
            <div className="agent-actions">
              <Button variant="default" disabled={!isDirty} onClick={editor.discard}>
                Discard
              </Button>
              <Button disabled={!isDirty && agentId !== null} loading={editor.isSaving} onClick={editor.save}>
                {agentId === null ? 'Create agent' : `Save as v${version + 1}`}
              </Button>
            </div>
          )}
        </Group>
        <Notices editor={editor} latestVersion={latestVersion} mayEdit={mayEdit} />
        <Tabs value={tab} onChange={openTab} keepMounted={false}>
          <Tabs.List mb="md">
            {TABS.filter((each) => each !== 'versions' || agentId !== null).map((each) => (
              <Tabs.Tab key={each} value={each} rightSection={<TabMark tab={each} editor={editor} />}>
                {tabLabel(each, draft)}
              </Tabs.Tab>
            ))}
          </Tabs.List>
          <Tabs.Panel value="prompt">
            <PromptTab />
          </Tabs.Panel>
          <Tabs.Panel value="voice">
            <VoiceTab agentId={agentId} />
          </Tabs.Panel>
          <Tabs.Panel value="tools">
            <ToolsTab agentId={agentId} version={version} saved={editor.base} replace={editor.replace} />
          </Tabs.Panel>
          <Tabs.Panel value="limits">
            <LimitsTab />
          </Tabs.Panel>
          <Tabs.Panel value="versions">
            {agentId !== null && (
              <VersionsTab agentId={agentId} numbers={numbers ?? []} isDirty={isDirty} adopt={editor.adopt} />
            )}
          </Tabs.Panel>
        </Tabs>
        {editor.conflict && agentId !== null && (
          <ConflictDialog
            agentId={agentId}
            conflict={editor.conflict}
            isSaving={editor.isSaving}
            settle={editor.settle}
            keepEditing={editor.keepEditing}
          />
        )}
      </div>
    </FormContext>
  );
}
