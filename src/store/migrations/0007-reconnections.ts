/** What an instance must know of a call that comes back: how often it did, and since when its times count. */
export const reconnections = `
ALTER TABLE calls ADD COLUMN reconnections json NOT NULL DEFAULT '[]';
ALTER TABLE calls ADD COLUMN media_started_at timestamptz;
`;
