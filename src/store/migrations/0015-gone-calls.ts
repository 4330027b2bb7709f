/** Calls that were deleted, for instances that could not be told: what they keep of them on their disks has to go as well. */
export const goneCalls = `
CREATE TABLE gone_calls (
  call_sid text COLLATE "C" PRIMARY KEY,
  gone_at timestamptz NOT NULL
);
CREATE INDEX gone_calls_in_time ON gone_calls (gone_at);
`;
