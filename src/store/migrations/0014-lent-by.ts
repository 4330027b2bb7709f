/** Whose death ends a loan at once; null: it ends by time alone. */
export const lentBy = `
ALTER TABLE jobs ADD COLUMN lent_by uuid;
CREATE INDEX jobs_lent ON jobs (lent_by) WHERE lent_by IS NOT NULL;
ALTER TABLE documents ADD COLUMN lent_by uuid;
CREATE INDEX documents_lent ON documents (lent_by) WHERE lent_by IS NOT NULL;
`;
