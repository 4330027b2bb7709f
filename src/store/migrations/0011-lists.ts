/**
 * Lists of test calls and of one version of an agent, and the numbers that calls went over, without reading the other calls.
 * `CREATE INDEX` in the transaction of the migration: calls can be read meanwhile, not written. That takes some seconds for
 * each million calls; instances that already run keep what they have to write until then.
 */
export const lists = `
CREATE INDEX calls_tests ON calls (started_at, call_sid) WHERE test;
CREATE INDEX calls_of_version ON calls (agent_id, agent_version, started_at, call_sid);
-- The side that is ours, in whatever direction: what expires is asked of it, number by number.
CREATE INDEX calls_over ON calls
  ((CASE WHEN direction = 'inbound' THEN to_number ELSE from_number END), started_at, call_sid);
`;
