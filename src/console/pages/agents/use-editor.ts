import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { request } from '../../api/client.ts';
import { ApiProblem } from '../../api/problem.ts';
import type { Agent } from '../../api/types.ts';
import { BLANK, type Draft, draftOf, isSame, patchOf, withValue } from './draft.ts';
import { withoutProblems } from './form.ts';
import { dropDrafts, type KeptDraft, keepDraft } from './kept-drafts.ts';

/** What is being edited, on top of which version; 0 while the agent has none. */
interface Editing {
  readonly version: number;
  readonly base: Draft;
  readonly draft: Draft;
}

/** Somebody has saved another version meanwhile. */
export interface Conflict {
  readonly base: Draft;
  readonly yours: Draft;
  readonly theirs: Agent;
}

/**
 * The editing of an agent: what was typed is kept in the browser until it is saved or discarded, and saved only on top of
 * the version that was looked at.
 */
export function useEditor(options: {
  agentId: string | null;
  /** The version that is edited; none for a new agent. */
  base: Agent | undefined;
  kept: KeptDraft | undefined;
  saved: (agent: Agent) => void;
  /** What was wrong, by the paths of the fields. */
  refused: (fields: Readonly<Record<string, string>>) => void;
}) {
  const { agentId, kept } = options;
  const queries = useQueryClient();
  const [editing, setEditing] = useState<Editing>(() => {
    const base = options.base ? draftOf(options.base) : BLANK;
    return { version: options.base?.version ?? 0, base, draft: kept?.draft ?? base };
  });
  const [restoredAt, setRestoredAt] = useState(kept?.keptAt);
  const [problems, setProblems] = useState<Readonly<Record<string, string>>>({});
  const [error, setError] = useState<unknown>();
  const [conflict, setConflict] = useState<Conflict>();
  const [isSaving, setSaving] = useState(false);
  const { version, base, draft } = editing;
  const isDirty = !isSame(base, draft);

  useEffect(() => {
    if (isDirty) keepDraft(agentId, version, draft);
    else dropDrafts(agentId);
  }, [agentId, version, draft, isDirty]);

  const clean = () => {
    setProblems({});
    setError(undefined);
    setRestoredAt(undefined);
    setConflict(undefined);
  };
  /** Goes on with another version, with nothing unsaved. */
  const adopt = (agent: Agent) => {
    setEditing({ version: agent.version, base: draftOf(agent), draft: draftOf(agent) });
    clean();
  };
  const save = async (from: Editing = editing) => {
    setSaving(true);
    setError(undefined);
    try {
      const agent = await written(agentId, from);
      dropDrafts(agentId);
      // What was typed while it was being saved stays typed.
      setEditing((now) => ({
        version: agent.version,
        base: draftOf(agent),
        draft: now.draft === from.draft ? draftOf(agent) : now.draft,
      }));
      clean();
      await Promise.all(['agents', 'pages'].map((key) => queries.invalidateQueries({ queryKey: [key] })));
      options.saved(agent);
    } catch (reason) {
      if (reason instanceof ApiProblem && reason.status === 412 && agentId !== null) {
        const theirs = await request<Agent>(`/agents/${encodeURIComponent(agentId)}`).catch(setError);
        if (theirs) setConflict({ base: from.base, yours: from.draft, theirs });
      } else {
        setError(reason);
        if (reason instanceof ApiProblem) {
          setProblems(reason.fields);
          options.refused(reason.fields);
        }
      }
    } finally {
      setSaving(false);
    }
  };

  return {
    version,
    base,
    draft,
    isDirty,
    isSaving,
    restoredAt,
    problems,
    error,
    conflict,
    adopt,
    set(path: string, value: unknown) {
      setEditing((now) => ({ ...now, draft: withValue(now.draft, path, value) }));
      setProblems((now) => withoutProblems(now, path));
    },
    replace: (next: (draft: Draft) => Draft) => setEditing((now) => ({ ...now, draft: next(now.draft) })),
    save: () => save(),
    discard() {
      setEditing({ version, base, draft: base });
      clean();
    },
    keepEditing: () => setConflict(undefined),
    /** Goes on from their version with what was chosen, and saves it when it is another. */
    async settle(theirs: Agent, merged: Draft) {
      const next = { version: theirs.version, base: draftOf(theirs), draft: merged };
      if (isSame(next.base, merged)) return adopt(theirs);
      setEditing(next);
      setConflict(undefined);
      dropDrafts(agentId);
      await save(next);
    },
  };
}

export type Editor = ReturnType<typeof useEditor>;

function written(agentId: string | null, { version, base, draft }: Editing): Promise<Agent> {
  if (agentId === null) {
    // Only what was chosen: not every model takes all that would be filled in.
    const body = { name: draft.name, systemPrompt: draft.systemPrompt, ...patchOf(base, draft) };
    return request<Agent>('/agents', { method: 'POST', body });
  }
  const path = `/agents/${encodeURIComponent(agentId)}`;
  return request<Agent>(path, { method: 'PATCH', body: patchOf(base, draft), ifMatch: version });
}
