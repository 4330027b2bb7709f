/** What was given up is looked for by people, among far more that is done. */
export const givenUp = `
CREATE INDEX jobs_given_up ON jobs (kind, id) WHERE state = 'given-up';
`;
