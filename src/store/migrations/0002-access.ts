/** Tokens, the audit trail, and answers to requests that must not be carried out twice. */
export const access = `
CREATE TABLE tokens (
  id text COLLATE "C" PRIMARY KEY,
  position bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  -- SHA-256 of the token. The token itself is nowhere.
  hash bytea NOT NULL UNIQUE,
  name text NOT NULL,
  role text NOT NULL,
  created_at timestamptz NOT NULL,
  created_by text NOT NULL,
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz
);

CREATE TABLE audit_entries (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL,
  actor_id text COLLATE "C" NOT NULL,
  actor_name text NOT NULL,
  actor_role text NOT NULL,
  action text COLLATE "C" NOT NULL,
  subject text COLLATE "C" NOT NULL,
  before json,
  after json
);
CREATE INDEX audit_entries_of_subject ON audit_entries (subject, id);
CREATE INDEX audit_entries_of_actor ON audit_entries (actor_id, id);
CREATE INDEX audit_entries_of_action ON audit_entries (action, id);
CREATE INDEX audit_entries_in_time ON audit_entries (at);

CREATE TABLE idempotency_keys (
  actor_id text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  request_hash text NOT NULL,
  begun_at timestamptz NOT NULL,
  -- Null while the request is being carried out.
  status integer,
  body json,
  PRIMARY KEY (actor_id, key)
);
CREATE INDEX idempotency_keys_in_time ON idempotency_keys (begun_at);
`;
