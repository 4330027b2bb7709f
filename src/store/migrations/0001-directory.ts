/**
 * Agents, their versions, and numbers. What administrators wrote is kept as `json`, not `jsonb`: the order of the
 * properties of a tool's input schema is what the voice model reads.
 */
export const directory = `
-- One row. Every change of the directory takes the next count, holding the row until it commits: changes happen one
-- after the other, and whoever has seen a count has seen all before it.
CREATE TABLE directory_changes (
  count bigint NOT NULL,
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row)
);
INSERT INTO directory_changes (count) VALUES (0);

CREATE TABLE agents (
  id text COLLATE "C" PRIMARY KEY,
  latest_version integer NOT NULL,
  -- The count of the change that created it: the order of creation.
  created_in bigint NOT NULL UNIQUE,
  deleted_at timestamptz
);
CREATE INDEX agents_living ON agents (created_in) WHERE deleted_at IS NULL;

-- Never changed and never deleted: calls on record name them.
CREATE TABLE agent_versions (
  agent_id text COLLATE "C" NOT NULL REFERENCES agents (id),
  version integer NOT NULL CHECK (version > 0),
  input json NOT NULL,
  created_at timestamptz NOT NULL,
  created_by text NOT NULL,
  PRIMARY KEY (agent_id, version)
);

CREATE TABLE numbers (
  number text COLLATE "C" PRIMARY KEY,
  agent_id text COLLATE "C" NOT NULL REFERENCES agents (id),
  input json NOT NULL,
  version integer NOT NULL CHECK (version > 0),
  updated_at timestamptz NOT NULL
);
CREATE INDEX numbers_of_agent ON numbers (agent_id, number);
`;
