import { type Draft, isSame, toolsOf } from './draft.ts';
import type { Editor } from './use-editor.ts';

export const TABS = ['prompt', 'voice', 'tools', 'limits', 'versions'] as const;
export type TabName = (typeof TABS)[number];

const TAB_OF: Readonly<Record<string, TabName>> = {
  name: 'prompt',
  greeting: 'prompt',
  systemPrompt: 'prompt',
  voiceId: 'voice',
  endpointing: 'voice',
  inference: 'voice',
  audio: 'voice',
  tools: 'tools',
};

/** Where a field is edited, by its path. */
export function tabOf(field: string): TabName {
  return TAB_OF[field.split('.')[0] ?? ''] ?? 'limits';
}

export function tabLabel(tab: TabName, draft: Draft): string {
  switch (tab) {
    case 'prompt':
      return 'Prompt';
    case 'voice':
      return 'Voice';
    case 'tools':
      return `Tools (${toolsOf(draft).length})`;
    case 'limits':
      return 'Model & limits';
    case 'versions':
      return 'Versions';
  }
}

/** Whether there is something unsaved or wrong behind a tab. */
export function TabMark({ tab, editor }: { tab: TabName; editor: Editor }) {
  const { base, draft, problems } = editor;
  const wrong = Object.keys(problems).filter((field) => tabOf(field) === tab).length;
  if (wrong > 0) return <span className="agent-wrong">{wrong} to mend</span>;
  const isChanged = [...new Set([...Object.keys(base), ...Object.keys(draft)])].some(
    (field) => tabOf(field) === tab && !isSame(base[field], draft[field]),
  );
  return isChanged ? (
    <span className="agent-mark">
      ●<span className="hidden-visually"> changed</span>
    </span>
  ) : null;
}
