/** What outlives its number, and audit entries that are written until they are kept. */
export const afterlife = `
-- Calls of a number that was deleted go on expiring after its days.
CREATE TABLE former_numbers (
  number text COLLATE "C" PRIMARY KEY,
  retention_days integer NOT NULL
);

-- Of entries that may be written more than once, because an answer got lost.
ALTER TABLE audit_entries ADD COLUMN entry_key uuid;
CREATE UNIQUE INDEX audit_entries_by_key ON audit_entries (entry_key) WHERE entry_key IS NOT NULL;
`;
