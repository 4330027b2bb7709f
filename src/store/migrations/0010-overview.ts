/**
 * What figures over many calls are made of, beside the rows as they are: reading it out of their `json` each time would
 * take seconds for a month of calls.
 */
export const overview = `
ALTER TABLE turns
  ADD COLUMN response_gap_ms double precision
    GENERATED ALWAYS AS (CASE WHEN turn ->> 'role' = 'agent' THEN (turn ->> 'responseGapMs')::double precision END) STORED,
  -- Null for turns of callers.
  ADD COLUMN interrupted boolean
    GENERATED ALWAYS AS (CASE WHEN turn ->> 'role' = 'agent' THEN turn ->> 'interrupted' = 'true' END) STORED;
-- Holds all that is asked, so that words need not be read. Most changes of a turn that grows do not touch it.
CREATE INDEX turns_of_agents ON turns (call_sid, index) INCLUDE (response_gap_ms, interrupted)
  WHERE interrupted IS NOT NULL;

ALTER TABLE tool_calls
  ADD COLUMN outcome text COLLATE "C" GENERATED ALWAYS AS (tool_call ->> 'outcome') STORED;
`;
