/** Documents that were put into S3 Vectors indexes from here, and what became of them. */
export const documents = `
CREATE TABLE documents (
  vector_bucket_name text COLLATE "C" NOT NULL,
  index_name text COLLATE "C" NOT NULL,
  document_id text COLLATE "C" NOT NULL,
  -- Of what is wanted: each put and each deletion is the next one.
  revision integer NOT NULL,
  name text NOT NULL,
  media_type text NOT NULL,
  source text,
  metadata json NOT NULL,
  embedding_model_id text NOT NULL,
  byte_length integer NOT NULL,
  -- Until it has been stored.
  content bytea,
  state text NOT NULL CHECK (state IN ('waiting', 'storing', 'stored', 'failed', 'deleting')),
  error text,
  attempts integer NOT NULL DEFAULT 0,
  chunk_count integer,
  entered_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  -- The job that is at work on it; of an earlier revision, maybe.
  lent_revision integer,
  lent_until timestamptz,
  PRIMARY KEY (vector_bucket_name, index_name, document_id)
);
`;
