import type { Clock } from '../clock.js';
import type { AgentVersion } from '../directory/agent.js';
import type { Directory, DirectoryFeed, DirectoryStore } from '../directory/directory.js';
import type { Ids } from '../ids.js';
import type { Logger } from '../log.js';
import { findUnstorable } from '../storable.js';
import { agentWriter } from './agent-writer.js';
import type { Database } from './database.js';
import { changeDirectory } from './directory-change.js';
import { directoryLists } from './directory-lists.js';
import { readVersions, versionOfRow } from './directory-rows.js';
import { numberWriter } from './number-writer.js';
import { Snapshot } from './snapshot.js';
import { snapshotFeed } from './snapshot-feed.js';

export interface StoredDirectory extends Directory, DirectoryFeed, DirectoryStore {
  /** Takes the directory into memory and follows its changes from then on. */
  load(): Promise<void>;
  close(): void;
}

export interface StoredDirectoryOptions {
  database: Database;
  clock: Clock;
  ids: Ids;
  /** Of agents that name none, as of now: it is not written into them. */
  defaultModelId: string;
  /** Makes a secret of a tool what may be kept. */
  seal: (secret: string) => string;
  log: Logger;
}

export function storeDirectory(options: StoredDirectoryOptions): StoredDirectory {
  const { database, clock, ids, defaultModelId, seal, log } = options;
  const snapshot = new Snapshot();
  const feed = snapshotFeed({ snapshot, database, defaultModelId, clock, log });
  const change = changeDirectory({ database, clock, taken: feed.take });

  const loadAgent = async (id: string, version: number): Promise<AgentVersion | undefined> => {
    const known = snapshot.findAgent(id, version);
    if (known || findUnstorable(id).length > 0) return known;
    const [row] = await readVersions(database.query, [{ agentId: id, version }]);
    if (!row) return undefined;
    const found = versionOfRow(row, defaultModelId);
    snapshot.keep(found);
    return found;
  };

  return {
    findNumber: (e164) => snapshot.findNumber(e164),
    findAgent: (id, version) => snapshot.findAgent(id, version),
    loadAgent,
    answering: () => snapshot.answering(),
    follow: (changed) => snapshot.follow(changed),
    ...agentWriter({ change, ids, defaultModelId, seal }),
    ...numberWriter({ change, defaultModelId }),
    ...directoryLists({ database, defaultModelId }),
    load: feed.load,
    close: feed.close,
  };
}
