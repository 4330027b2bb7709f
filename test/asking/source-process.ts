import { askedInThread } from '../../src/asking/asked-in-thread.js';
import { realClock } from '../../src/clock.js';
import { messageOf } from '../../src/errors.js';
import { createLog } from '../../src/log.js';
import { SETTINGS } from './settings.js';

// A process that runs sources as they are, and has a question asked at the address it is given; it prints what came of it.
const [, , endpoint = ''] = process.argv;
const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };
const asked = askedInThread({
  start: { settings: SETTINGS, places: { knowledgeBases: { endpoint, credentials } }, logLevel: 'silent' },
  clock: realClock(),
  log: createLog('silent'),
});
const base = { knowledgeBaseId: 'KB12345678', numberOfResults: 3, filter: {}, searchType: 'SEMANTIC' } as const;
const never = new AbortController().signal;
const answer = await asked.knowledgeBases.retrieve(base, 'Who?', never).catch((error: unknown) => messageOf(error));
await asked.close();
process.stdout.write(JSON.stringify(answer));
