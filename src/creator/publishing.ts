import { isDeepStrictEqual } from 'node:util';
import type { Actor } from '../access/actor.js';
import type { AgentInput } from '../directory/agent.js';
import type { Directory, DirectoryStore } from '../directory/directory.js';
import type { NumberInput, PhoneNumber } from '../directory/number.js';
import { BridgeError, messageOf } from '../errors.js';
import type { WrittenAgent } from './artefacts.js';
import { directoryAgent } from './directory-agent.js';
import type { CreatorJob } from './job.js';
import { heldNumber, inputOfNumber, leadsTo, pointedNumber } from './number-pointing.js';
import type { AgentWriter, Deployment, MadeAgent } from './ports.js';
import { type Standing, wordsOfStanding } from './standing.js';

export interface PublishingOptions {
  readonly directory: Pick<Directory, 'findAgent' | 'findNumber' | 'loadAgent'>;
  readonly directoryStore: Pick<DirectoryStore, 'createAgent' | 'patchAgent' | 'putNumber'>;
  readonly writer: Pick<AgentWriter, 'point' | 'unpoint'>;
  readonly deployment: Deployment;
}

/** Fields of an agent that a job makes; the others of an agent that was there stay. */
const MADE_FIELDS = ['systemPrompt', 'voiceId', 'greeting', 'tools'] as const;
/** Somebody may change the number between looking and writing. */
const NUMBER_ATTEMPTS = 3;

/** What a publication has done so far. */
interface Progress {
  isDeployed: boolean;
  latest: Standing['latest'];
  entered: number | undefined;
  /** The number as it was, and as it was pinned meanwhile. */
  held: { readonly before: PhoneNumber; readonly version: number } | undefined;
}

/**
 * Brings an approved agent to its callers: deploys it, switches `latest` in the bucket, enters it in the directory, points the
 * number, which comes last. Each step finds out whether it was done already, so that all can be done again after a crash.
 * What fails before the agent is in the directory is taken back as far as it goes. Rejects with what stood in the way, and
 * with where it stands in the details (`standing`); see `isFinal`.
 */
export async function publishAgent(
  { job, agent, written, actor }: { job: CreatorJob; agent: MadeAgent; written: WrittenAgent; actor: Actor },
  { directory, directoryStore, writer, deployment }: PublishingOptions,
  signal: AbortSignal,
): Promise<NonNullable<CreatorJob['published']>> {
  const { agentId, baseVersion } = job;
  const { number: e164, canaryPercent } = job.input;
  const progress: Progress = { isDeployed: false, latest: 'former', entered: undefined, held: undefined };

  /** The number as it was before, if it had to be changed. */
  const putNumber = async (
    change: (number: PhoneNumber | undefined) => NumberInput | undefined,
  ): Promise<{ before: PhoneNumber | undefined; after: PhoneNumber } | undefined> => {
    if (e164 === undefined) return undefined;
    for (let attempt = 1; ; attempt++) {
      const number = directory.findNumber(e164);
      const input = change(number);
      if (!input) return undefined;
      try {
        const options = { actor, ifVersion: number?.version, onlyCreate: !number };
        const { number: after } = await directoryStore.putNumber(e164, input, options);
        return { before: number, after };
      } catch (error) {
        if (!isCode(error, 'VERSION_CONFLICT') || attempt === NUMBER_ATTEMPTS) throw error;
      }
    }
  };

  /** The version that has been entered before, when it is this one. */
  const enteredBefore = async (version: number, input: AgentInput): Promise<number | undefined> => {
    const found = await directory.loadAgent(agentId, version);
    return found && MADE_FIELDS.every((field) => isSame(found[field], input[field])) ? version : undefined;
  };

  const enter = async (input: AgentInput): Promise<number> => {
    try {
      if (baseVersion === null) {
        const { version } = await directoryStore.createAgent(input, { actor, id: agentId });
        return version;
      }
      const patch = Object.fromEntries(MADE_FIELDS.map((field) => [field, input[field]]));
      const { version } = await directoryStore.patchAgent(agentId, patch, { actor, ifVersion: baseVersion });
      return version;
    } catch (error) {
      if (isCode(error, 'NOT_FOUND')) throw over(`The agent ${agentId} has been deleted since the job began.`);
      if (!isCode(error, baseVersion === null ? 'CONFLICT' : 'VERSION_CONFLICT')) throw error;
      const version = await enteredBefore((baseVersion ?? 0) + 1, input);
      if (version === undefined) throw changed(agentId, baseVersion);
      return version;
    }
  };

  const requireUnchanged = (): void => {
    if (canaryPercent !== undefined && e164 !== undefined) {
      const answeredBy = directory.findNumber(e164)?.agentId;
      if (answeredBy !== agentId) {
        const words = answeredBy === undefined ? 'is not assigned' : `is answered by the agent ${answeredBy}`;
        throw new BridgeError('CONFLICT', `${e164} ${words}: point it to ${agentId}, which is to share its calls.`);
      }
    }
    const latest = directory.findAgent(agentId);
    if (baseVersion !== null && !latest) throw over(`The agent ${agentId} has been deleted since the job began.`);
    // The next one may be this job's own, of an attempt that broke off.
    if (baseVersion !== null && latest && latest.version > baseVersion + 1) throw changed(agentId, baseVersion);
  };

  const point = async (): Promise<void> => {
    progress.latest = 'unknown';
    try {
      await writer.point(job, signal);
      progress.latest = 'this';
    } catch (error) {
      if (isCode(error, 'CONFLICT') || isCode(error, 'AWS_REFUSED')) progress.latest = 'former';
      // Another approval was faster, and its version is the later one.
      throw isCode(error, 'CONFLICT') ? over(messageOf(error)) : error;
    }
  };

  const publish = async (): Promise<NonNullable<CreatorJob['published']>> => {
    requireUnchanged();
    const numberBefore = e164 === undefined ? undefined : directory.findNumber(e164)?.version;
    const deployed = await deployment.deploy(job, agent, written, signal);
    progress.isDeployed = true;
    const input = directoryAgent(job, agent, deployed);
    // Deploying takes minutes, in which others work.
    requireUnchanged();
    if (e164 !== undefined && directory.findNumber(e164)?.version !== numberBefore) {
      const words = `Somebody has changed ${e164} while the agent was deployed: look at it and approve again.`;
      throw new BridgeError('CONFLICT', words);
    }
    await point();
    if (baseVersion !== null && canaryPercent !== undefined) {
      const held = await putNumber((number) => number && heldNumber(number, { id: agentId, version: baseVersion }));
      progress.held = held?.before && { before: held.before, version: held.after.version };
    }
    signal.throwIfAborted();
    const version = await enter(input);
    progress.entered = version;
    const canary =
      baseVersion === null || canaryPercent === undefined
        ? undefined
        : { percent: canaryPercent, versionBefore: baseVersion };
    await putNumber((number) => pointedNumber(number, { id: agentId, version }, canary));
    return { agentVersion: version, runtimeArn: deployed.runtimeArn, number: e164 ?? null };
  };

  /** Of an attempt before this one, which has not come to this point. */
  const enteredEarlier = async (): Promise<number | undefined> => {
    const version = (baseVersion ?? 0) + 1;
    const found = await directory.loadAgent(agentId, version);
    const isOurs = found?.systemPrompt === agent.prompt.voicePrompt && found.voiceId === agent.voice.voiceId;
    return isOurs ? version : undefined;
  };

  /** Sets back what nobody was to see before the agent is in the directory; afterwards it is left for the next attempt. */
  const takeBack = async (): Promise<Standing> => {
    progress.entered ??= await enteredEarlier();
    const { entered, held } = progress;
    let heldAt = entered === undefined && held ? baseVersion : null;
    if (entered === undefined && held) {
      const { before, version } = held;
      const options = { actor, ifVersion: version };
      await directoryStore.putNumber(before.number, inputOfNumber(before), options).then(
        () => {
          heldAt = null;
        },
        () => undefined,
      );
    }
    if (entered === undefined && progress.latest !== 'former') {
      const isBack = await writer.unpoint(job, signal).catch(() => undefined);
      if (isBack !== undefined) progress.latest = isBack ? 'former' : 'this';
    } else if (entered !== undefined && !progress.isDeployed) {
      // As the attempt has left it that has entered the agent.
      progress.latest = 'this';
      progress.isDeployed = true;
    }
    const isNext = baseVersion !== null && directory.findAgent(agentId)?.version === entered;
    const number = e164 === undefined ? undefined : directory.findNumber(e164);
    const isPointed =
      entered !== undefined && number !== undefined && leadsTo(number, { id: agentId, version: entered });
    return {
      ...{ isDeployed: progress.isDeployed, latest: progress.latest, entered, isNext },
      ...{ number: e164 === undefined ? undefined : { e164, isPointed }, heldAt: heldAt ?? undefined },
    };
  };

  try {
    return await publish();
  } catch (error) {
    if (signal.aborted || isCode(error, 'STORE_UNAVAILABLE')) throw error;
    const standing = wordsOfStanding(await takeBack());
    const { code, details } = error instanceof BridgeError ? error : new BridgeError('INTERNAL', '');
    throw new BridgeError(code, messageOf(error), { ...details, standing }, { cause: error });
  }
}

/** Whether no repetition of the same job can succeed. */
export function isFinal(error: unknown): boolean {
  return error instanceof BridgeError && error.details.isFinal === true;
}

function over(message: string): BridgeError {
  return new BridgeError('CONFLICT', `${message} Start a new job.`, { isFinal: true });
}

function changed(agentId: string, baseVersion: number | null): BridgeError {
  return over(
    baseVersion === null
      ? `Somebody else has made an agent ${agentId}.`
      : `Somebody has changed the agent ${agentId} since the job began, at its version ${baseVersion}.`,
  );
}

function isCode(error: unknown, code: BridgeError['code']): boolean {
  return error instanceof BridgeError && error.code === code;
}

/** As they are kept, as JSON. */
function isSame(a: unknown, b: unknown): boolean {
  const kept = (value: unknown): unknown => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)));
  return isDeepStrictEqual(kept(a), kept(b));
}
