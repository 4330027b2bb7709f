/** What the services of tests are made with. */
export const SETTINGS = { secretsKey: 'k'.repeat(32), agentCoreWorkload: undefined, region: 'us-east-1' };
