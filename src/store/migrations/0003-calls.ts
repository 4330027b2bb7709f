/**
 * Instances, the calls they carry, and what happens to these. Nested values are kept as `json`, not `jsonb`: a record that
 * comes from here reads like the one in memory, property by property.
 */
export const calls = `
CREATE TABLE instances (
  id uuid PRIMARY KEY,
  url text NOT NULL,
  started_at timestamptz NOT NULL,
  -- Both by the clock of the database: those of instances differ.
  seen_at timestamptz NOT NULL,
  -- The last batch of calls that this instance has written: tells a lost batch from a lost answer.
  batch bigint NOT NULL DEFAULT 0
);

CREATE TABLE calls (
  call_sid text COLLATE "C" PRIMARY KEY,
  instance_id uuid NOT NULL,
  direction text NOT NULL,
  from_number text COLLATE "C" NOT NULL,
  to_number text COLLATE "C" NOT NULL,
  agent_id text COLLATE "C",
  agent_version integer,
  state text NOT NULL,
  end_reason text,
  started_at timestamptz NOT NULL,
  ended_at timestamptz,
  duration_ms double precision,
  test boolean NOT NULL,
  answered_by text,
  carrier_status text,
  transferred_to text,
  -- Kept here so that lists join nothing, and so that turns beyond it (of a call that began anew) count no more.
  turn_count integer NOT NULL,
  tool_call_count integer NOT NULL,
  streams json NOT NULL,
  usage json NOT NULL,
  audio json NOT NULL,
  recording json,
  variables json NOT NULL,
  faults json NOT NULL,
  changed_at timestamptz NOT NULL
) WITH (fillfactor = 80);

-- What may be asked of a list is one of these followed by the order of lists. Only the active ones change during a call.
CREATE INDEX calls_in_time ON calls (started_at, call_sid);
CREATE INDEX calls_active ON calls (started_at, call_sid) WHERE state <> 'ended';
CREATE INDEX calls_of_agent ON calls (agent_id, started_at, call_sid);
CREATE INDEX calls_from ON calls (from_number, started_at, call_sid);
CREATE INDEX calls_to ON calls (to_number, started_at, call_sid);
CREATE INDEX calls_from_of_agent ON calls (from_number, agent_id, started_at, call_sid);
CREATE INDEX calls_to_of_agent ON calls (to_number, agent_id, started_at, call_sid);

CREATE TABLE turns (
  call_sid text COLLATE "C" NOT NULL REFERENCES calls ON DELETE CASCADE,
  index integer NOT NULL,
  turn json NOT NULL,
  PRIMARY KEY (call_sid, index)
) WITH (fillfactor = 80);

CREATE TABLE tool_calls (
  call_sid text COLLATE "C" NOT NULL REFERENCES calls ON DELETE CASCADE,
  index integer NOT NULL,
  tool_call json NOT NULL,
  PRIMARY KEY (call_sid, index)
) WITH (fillfactor = 80);

-- Ids are given out under a lock that is held until the commit: whoever has seen one has seen all before it.
CREATE TABLE call_events (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  call_sid text COLLATE "C" NOT NULL,
  at timestamptz NOT NULL,
  event json NOT NULL
);
CREATE INDEX call_events_of_call ON call_events (call_sid, id);

-- One row: events up to this one are not kept any more.
CREATE TABLE forgotten_events (
  up_to bigint NOT NULL,
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row)
);
INSERT INTO forgotten_events (up_to) VALUES (0);

CREATE TABLE outbound_orders (
  id text COLLATE "C" PRIMARY KEY,
  call_sid text COLLATE "C",
  from_number text NOT NULL,
  to_number text COLLATE "C" NOT NULL,
  agent_id text NOT NULL,
  agent_version integer NOT NULL,
  variables json NOT NULL,
  on_machine json NOT NULL,
  entered_at timestamptz NOT NULL
);
CREATE INDEX outbound_orders_in_time ON outbound_orders (entered_at);
CREATE INDEX outbound_orders_to ON outbound_orders (to_number);
`;
