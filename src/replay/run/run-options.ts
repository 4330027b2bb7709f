/** What a tester asks for, as the command line has it. */
export interface RunOptions {
  /** Folders of recorded calls, folders of such folders, or patterns. */
  readonly places: readonly string[];
  /** Only calls whose name has this in it. */
  readonly grep?: RegExp;
  /** One call after the other, and none after the first that is not as expected. */
  readonly bail: boolean;
  /** How often each call is replayed. */
  readonly repeat: number;
  /** How many calls at once; default by where they are replayed. */
  readonly jobs?: number;
  /** Multiple of real time (local stack). */
  readonly speed: number;
  /** In memory, as fast as the machine can, and with the same seed always the same. */
  readonly virtual: boolean;
  readonly seed?: number;
  readonly url?: string;
  readonly token?: string;
  /** Calls come by the Twilio webhook of `url`, signed with `authToken`, in place of test calls. */
  readonly webhook: boolean;
  readonly authToken?: string | undefined;
  /** Instead of the agent that each call names; several are compared. */
  readonly agents: readonly string[];
  /** Of the agent on a running bridge; several are compared. */
  readonly agentVersions: readonly number[];
  /** Lists such as `jitter=40,loss=2`, or `none`; several are compared. */
  readonly impairments: readonly string[];
  /** Model on Bedrock that tells whether words mean what is expected. */
  readonly judge?: string;
  /** Model on Bedrock that decides for simulated callers, in place of their rules. */
  readonly callerModel?: string;
  /** Folder that gets what simulated callers did in calls that were not as expected, as recorded calls. */
  readonly keep?: string;
  readonly out?: string;
  readonly json?: string;
  readonly junit?: string;
  /** The JSON file of an earlier run. */
  readonly against?: string;
  readonly update: boolean;
  /** Answers every question with yes. */
  readonly yes: boolean;
}

/** Why these options cannot be had together, in a sentence; undefined when they can. */
export function faultOf(options: RunOptions, isInteractive: boolean): string | undefined {
  const { url, token, speed, virtual, update, yes, webhook } = options;
  if (webhook && (url === undefined || !options.authToken)) {
    return '--webhook calls the bridge of --url as Twilio does: TWILIO_AUTH_TOKEN in the environment is what it signs with.';
  }
  if (webhook && options.agents.length + options.agentVersions.length > 0) {
    return 'By --webhook the number that is dialled has its agent: leave --agent and --agent-version out.';
  }
  if (!webhook && (url === undefined) !== (token === undefined)) {
    return '--url and --token belong together: the address of a running bridge and a token of it.';
  }
  if (url !== undefined && !/^https?:\/\/./.test(url)) return `--url ${url} is no address that begins with http(s)://.`;
  if (url !== undefined && virtual) return 'A running bridge has real time only: leave --virtual out.';
  if (url !== undefined && speed !== 1) return 'A running bridge has real time only: leave --speed out.';
  if (!virtual && options.seed !== undefined)
    return '--seed is for --virtual: elsewhere time is real, and no call is quite like another.';
  if (virtual && options.jobs !== undefined) return '--virtual has one call after the other: leave --jobs out.';
  if (virtual && speed !== 1) return '--virtual is as fast as the machine: leave --speed out.';
  if (options.callerModel !== undefined && (virtual || speed !== 1)) {
    return '--caller-model takes its real time to decide: leave --virtual and --speed out.';
  }
  if (url === undefined && options.agentVersions.length > 0) {
    return '--agent-version is a version on a running bridge: give its --url and --token.';
  }
  if (update && isComparing(options)) {
    return '--update takes what was found once: leave --repeat, --agent, --agent-version and --impair out.';
  }
  if (update && !yes && !isInteractive) {
    return '--update asks before it overwrites, and there is no terminal to ask at: give --yes to overwrite without asking.';
  }
  return undefined;
}

function isComparing({ repeat, agents, agentVersions, impairments }: RunOptions): boolean {
  return repeat > 1 || agents.length + agentVersions.length + impairments.length > 0;
}
