import { type Draft, withoutSecrets } from './draft.ts';

/** What was typed and not saved, on top of the version it was made from (0: of a new agent). */
export interface KeptDraft {
  readonly version: number;
  readonly keptAt: string;
  readonly draft: Draft;
}

const prefixOf = (agentId: string | null) => `oratio.draft.agent.${agentId ?? 'new'}.v`;

/** Keeps what was typed, beyond the page's life. A browser that has no room for it lets the page go on all the same. */
export function keepDraft(agentId: string | null, version: number, draft: Draft): void {
  const kept: KeptDraft = { version, keptAt: new Date().toISOString(), draft: withoutSecrets(draft) };
  try {
    localStorage.setItem(prefixOf(agentId) + version, JSON.stringify(kept));
  } catch {
    // Leaving the tab asks in any case.
  }
}

/** The draft that was kept last. */
export function findDraft(agentId: string | null): KeptDraft | undefined {
  const drafts = keysOf(agentId).flatMap((key) => {
    try {
      return [JSON.parse(localStorage.getItem(key) ?? '') as KeptDraft];
    } catch {
      return [];
    }
  });
  return drafts.sort((one, other) => other.keptAt.localeCompare(one.keptAt))[0];
}

export function dropDrafts(agentId: string | null): void {
  for (const key of keysOf(agentId)) localStorage.removeItem(key);
}

/** Agents of which there is a draft in this browser. */
export function hasDraft(agentId: string | null): boolean {
  return keysOf(agentId).length > 0;
}

function keysOf(agentId: string | null): string[] {
  return Object.keys(localStorage).filter((key) => key.startsWith(prefixOf(agentId)));
}
