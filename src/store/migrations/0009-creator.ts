/** Jobs of AgentCreator and what their stages have made. */
export const creator = `
CREATE TABLE creator_jobs (
  id text COLLATE "C" PRIMARY KEY,
  state text NOT NULL CHECK (state IN ('queued', 'running', 'awaiting_approval', 'publishing', 'published',
    'needs_attention', 'failed', 'cancelled')),
  reason text,
  -- Without the procedure, which lists leave out.
  input json NOT NULL,
  sop text NOT NULL,
  sop_sha256 text NOT NULL,
  actor json NOT NULL,
  owner text COLLATE "C" NOT NULL,
  agent_id text COLLATE "C" NOT NULL,
  -- Of the agent's jobs, from 1.
  version integer NOT NULL,
  -- The directory's latest version when the job began; null for a new agent.
  base_version integer,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  approved_by json,
  published json,
  UNIQUE (agent_id, version)
);
CREATE INDEX creator_jobs_newest ON creator_jobs (created_at DESC, id DESC);

CREATE TABLE creator_stages (
  job_id text COLLATE "C" NOT NULL REFERENCES creator_jobs ON DELETE CASCADE,
  seq integer NOT NULL,
  stage text NOT NULL,
  round integer NOT NULL,
  state text NOT NULL CHECK (state IN ('running', 'done', 'failed')),
  started_at timestamptz NOT NULL,
  ended_at timestamptz,
  model_id text,
  prompt_version text,
  input_tokens integer NOT NULL DEFAULT 0,
  output_tokens integer NOT NULL DEFAULT 0,
  repairs integer NOT NULL DEFAULT 0,
  output json,
  findings json NOT NULL DEFAULT '[]',
  error text,
  -- Of a failed one: the same is tried again.
  retryable boolean NOT NULL DEFAULT false,
  PRIMARY KEY (job_id, seq)
);
`;
