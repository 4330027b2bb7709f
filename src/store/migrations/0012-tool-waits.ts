/**
 * How long each tool of an agent has kept callers waiting, from an index alone. Runs that were kept before this are not counted:
 * rewriting them all would hold up the start. What nobody was asked, and what nobody waited for to its end, is no wait.
 */
export const toolWaits = `
ALTER TABLE tool_calls
  ADD COLUMN agent_id text COLLATE "C",
  -- When it was last said what has become of the run.
  ADD COLUMN changed_at timestamptz,
  ADD COLUMN tool_name text COLLATE "C" GENERATED ALWAYS AS (lower(tool_call ->> 'name')) STORED,
  ADD COLUMN wait_ms double precision GENERATED ALWAYS AS (
    CASE
      WHEN tool_call ->> 'outcome' = 'answered' THEN (tool_call ->> 'durationMs')::double precision
      WHEN tool_call ->> 'outcome' = 'failed' AND tool_call ->> 'code' IN ('TOOL_FAILED', 'TOOL_TIMEOUT')
        AND coalesce(tool_call -> 'why' ->> 'reason', '') NOT IN ('aborted', 'circuit-open', 'not-configured')
        THEN (tool_call ->> 'durationMs')::double precision
    END
  ) STORED;
CREATE INDEX tool_calls_waits ON tool_calls (agent_id, tool_name, changed_at) INCLUDE (wait_ms)
  WHERE wait_ms IS NOT NULL AND agent_id IS NOT NULL;
`;
