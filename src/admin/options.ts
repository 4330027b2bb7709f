import type { Readable } from 'node:stream';
import type { AuditTrail } from '../access/audit.js';
import type { Authority } from '../access/authority.js';
import type { IdempotencyKeys } from '../access/idempotency.js';
import type { SessionSeal } from '../access/session-seal.js';
import type { LoginThrottle } from '../access/throttle.js';
import type { TokenStore } from '../access/tokens.js';
import type { CallFeed, CallStore, ForgottenMemory, InstanceInfo } from '../call/call-store.js';
import type { CallControl } from '../call/control.js';
import type { CallFigures } from '../call/figures.js';
import type { LiveListening } from '../call/listening.js';
import type { CallRecord } from '../call/record.js';
import type { WebhookDeliveries } from '../call/webhook-delivery.js';
import type { Clock } from '../clock.js';
import type { Directory, DirectoryStore } from '../directory/directory.js';
import type { NumberSync } from '../directory/number-sync.js';
import type { AgentTools, DeployedAgents } from './agent-ports.js';
import type { Prices } from './cost.js';
import type { CreatorPorts } from './creator.js';
import type { FixtureShelf } from './fixtures.js';
import type { KnowledgePorts } from './knowledge-ports.js';

/** What the API stands on. */
export interface AdminRoutesOptions {
  directory: Directory;
  directoryStore: DirectoryStore;
  numberSync: NumberSync;
  agentTools: AgentTools;
  deployedAgents: DeployedAgents;
  knowledge: KnowledgePorts;
  creator: CreatorPorts;
  /** Whether a call over the number `from` may be passed on to `to`. */
  mayDial: (to: string, from: string) => boolean;
  webhookSecret: (number: string, url: string) => string;
  calls: CallStore;
  figures: CallFigures;
  feed: CallFeed;
  /** What became of the webhooks of ended calls. */
  webhooks: WebhookDeliveries;
  /** What is on record of a call of this instance. */
  recordOf: (callSid: string) => CallRecord | undefined;
  control: CallControl;
  recordings: RecordingShelf;
  listening: LiveListening;
  fixtures: FixtureShelf;
  /** These calls are about to be deleted. Answers how many recordings there were to remove; may be asked again. */
  removeRecordings: (callSids: readonly string[]) => Promise<number>;
  /** Deletes what memories of agents keep of this person, as far as that can be done; never rejects for that. */
  forgetMemories: (person: string) => Promise<readonly ForgottenMemory[]>;
  prices: Prices | undefined;
  instance: InstanceInfo;
  authority: Authority;
  seal: SessionSeal;
  throttle: LoginThrottle;
  tokens: TokenStore;
  audit: AuditTrail;
  idempotency: IdempotencyKeys;
  publicUrl: string;
  clock: Clock;
}

/** Where recordings are read. `range` is the header as it came. */
export interface RecordingShelf {
  open(
    callSid: string,
    range: string | undefined,
  ): Promise<
    | {
        stream: Readable;
        byteLength: number;
        part: { firstByte: number; lastByte: number } | undefined;
        isFinal: boolean;
      }
    | undefined
  >;
}
