/** Work that outlives the process that ordered it. */
export const jobs = `
CREATE TABLE jobs (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind text COLLATE "C" NOT NULL,
  -- Entered once while it is kept; null: no key.
  key text COLLATE "C",
  payload json NOT NULL,
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'done', 'given-up')),
  -- How often it was claimed.
  attempts integer NOT NULL DEFAULT 0,
  -- While it is lent out: the end of the lease.
  due_at timestamptz NOT NULL,
  entered_at timestamptz NOT NULL,
  finished_at timestamptz,
  error text,
  UNIQUE (kind, key)
) WITH (fillfactor = 80);
CREATE INDEX jobs_due ON jobs (due_at, id) WHERE state = 'waiting';
CREATE INDEX jobs_finished ON jobs (finished_at) WHERE state <> 'waiting';
`;
