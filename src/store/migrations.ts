import { directory } from './migrations/0001-directory.js';
import { access } from './migrations/0002-access.js';
import { calls } from './migrations/0003-calls.js';
import { jobs } from './migrations/0004-jobs.js';
import { documents } from './migrations/0005-documents.js';
import { afterlife } from './migrations/0006-afterlife.js';
import { reconnections } from './migrations/0007-reconnections.js';
import { draining } from './migrations/0008-draining.js';
import { creator } from './migrations/0009-creator.js';
import { overview } from './migrations/0010-overview.js';
import { lists } from './migrations/0011-lists.js';
import { toolWaits } from './migrations/0012-tool-waits.js';
import { givenUp } from './migrations/0013-given-up.js';
import { lentBy } from './migrations/0014-lent-by.js';
import { goneCalls } from './migrations/0015-gone-calls.js';

/** In the order in which they run. One that has been released is never changed: a change is the next one. */
export const MIGRATIONS: readonly { number: number; name: string; sql: string }[] = [
  { number: 1, name: 'directory', sql: directory },
  { number: 2, name: 'access', sql: access },
  { number: 3, name: 'calls', sql: calls },
  { number: 4, name: 'jobs', sql: jobs },
  { number: 5, name: 'documents', sql: documents },
  { number: 6, name: 'afterlife', sql: afterlife },
  { number: 7, name: 'reconnections', sql: reconnections },
  { number: 8, name: 'draining', sql: draining },
  { number: 9, name: 'creator', sql: creator },
  { number: 10, name: 'overview', sql: overview },
  { number: 11, name: 'lists', sql: lists },
  { number: 12, name: 'tool-waits', sql: toolWaits },
  { number: 13, name: 'given-up', sql: givenUp },
  { number: 14, name: 'lent-by', sql: lentBy },
  { number: 15, name: 'gone-calls', sql: goneCalls },
];
