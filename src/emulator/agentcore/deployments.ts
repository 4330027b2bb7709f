import type { Clock } from '../../clock.js';
import { messageOf } from '../../errors.js';
import type { Ids } from '../../ids.js';
import { text } from '../aws/constraint.js';
import { jsonObject } from '../aws/json.js';
import { AwsProblem, invalid, notFound } from '../aws/problem.js';
import type { Route } from '../aws/routes.js';
import type { AwsAnswer } from '../aws/server.js';
import { type CodePackage, readRuntimeRequest } from './runtime-request.js';
import type { RuntimeScript } from './script.js';
import { filesOfZip } from './zip-files.js';

/** What makes runtimes out of packages of code. */
export interface Hosting {
  /** The bytes of an object; undefined without one. Rejects as S3 refuses. */
  read(bucket: string, key: string): Promise<Uint8Array | undefined>;
  /** Lets the code in a package answer. `files` are all that the package holds, by their paths. */
  run(program: {
    arn: string;
    files: ReadonlyMap<string, Uint8Array>;
    entryPoint: string;
    environment: Readonly<Record<string, string>>;
  }): RuntimeScript;
  /** How long making a version takes at least; default 0. */
  creatingMs?: number;
}

/** What the control plane knows of a runtime that was made here. */
export interface Deployed {
  readonly version: number;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly status: NonNullable<RuntimeScript['status']>;
  readonly failureReason?: string;
  readonly roleArn: string;
  readonly description: string;
  readonly networkMode: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly package: CodePackage;
}

const ACCOUNT = '123456789012';

/**
 * CreateAgentRuntime and UpdateAgentRuntime, for packages of code in S3. Whether the package is any good is found out
 * afterwards, as there; the words of `failureReason` are our own. Source: AgentCore control plane, API reference.
 */
export function deployments(place: {
  runtimes: Map<string, RuntimeScript>;
  hosting: Hosting;
  region: string;
  clock: Clock;
  ids: Ids;
}): { operations: Record<string, Route>; find(arn: string): Deployed | undefined } {
  const { runtimes, hosting, region, clock, ids } = place;
  const all = new Map<string, Deployed>();
  /** Answers by client token, with what was asked. */
  const answered = new Map<string, { asked: string; answer: AwsAnswer }>();

  /** Asked again with the same token, the service answers the same. */
  const once = (operation: string, body: Buffer, work: (members: Readonly<Record<string, unknown>>) => AwsAnswer) => {
    const members = jsonObject(body);
    const token = text('clientToken', members.clientToken ?? ids.uuid().padEnd(33, '0'), { least: 33, most: 256 });
    const asked = `${operation} ${JSON.stringify(members)}`;
    const earlier = answered.get(token);
    if (earlier && earlier.asked !== asked) {
      throw new AwsProblem(409, 'ConflictException', 'The client token was used with other parameters');
    }
    const answer = earlier?.answer ?? work(members);
    answered.set(token, { asked, answer });
    return answer;
  };

  const make = async (arn: string, deployed: Deployed): Promise<void> => {
    const since = clock.now();
    const outcome = await scriptOf(arn, deployed, hosting).then(
      (script) => ({ script, change: { status: 'READY' as const } }),
      (error: unknown) => ({ script: undefined, change: { ...failed(deployed), failureReason: messageOf(error) } }),
    );
    const finish = () => {
      // Another update has come meanwhile.
      if (all.get(arn) !== deployed) return;
      const { script = runtimes.get(arn)!, change } = outcome;
      all.set(arn, { ...deployed, ...change });
      runtimes.set(arn, { ...script, status: change.status });
    };
    const leftMs = since + (hosting.creatingMs ?? 0) - clock.now();
    if (leftMs > 0) clock.after(leftMs, finish);
    else finish();
  };

  const begin = (arn: string, deployed: Deployed): AwsAnswer => {
    const { status } = deployed;
    all.set(arn, deployed);
    const before = runtimes.get(arn);
    // The version that answered goes on answering until the next one is there.
    const script = before && before.status !== 'CREATE_FAILED' ? before : notReady(arn);
    runtimes.set(arn, { ...script, status, description: deployed.description });
    void make(arn, deployed);
    const createdAt = new Date(deployed.createdAtMs).toISOString();
    const agentRuntimeId = arn.slice(arn.lastIndexOf('/') + 1);
    const body = {
      agentRuntimeArn: arn,
      agentRuntimeId,
      agentRuntimeVersion: String(deployed.version),
      status,
      createdAt,
      lastUpdatedAt: createdAt,
    };
    return { status: 202, body };
  };

  return {
    find: (arn) => all.get(arn),
    operations: {
      CreateAgentRuntime: {
        method: 'PUT',
        path: '/runtimes/',
        handle: ({ body }) =>
          once('create', body, (members) => {
            const name = text('agentRuntimeName', members.agentRuntimeName, { pattern: /[a-zA-Z][a-zA-Z0-9_]{0,47}/ });
            const request = readRuntimeRequest(members);
            const isTaken = [...runtimes.keys()].some((arn) => arn.replace(/^.*\/|-[^-]*$/g, '') === name);
            if (isTaken) {
              const message = `An agent runtime with the name '${name}' already exists in account ${ACCOUNT}`;
              throw new AwsProblem(409, 'ConflictException', message);
            }
            const suffix = ids.uuid().replaceAll('-', '').slice(-10);
            const arn = `arn:aws:bedrock-agentcore:${region}:${ACCOUNT}:runtime/${name}-${suffix}`;
            const nowMs = clock.now();
            return begin(arn, { ...request, version: 1, createdAtMs: nowMs, updatedAtMs: nowMs, status: 'CREATING' });
          }),
      },
      UpdateAgentRuntime: {
        method: 'PUT',
        path: '/runtimes/{agentRuntimeId}/',
        handle: ({ body }, id) =>
          once(`update ${id}`, body, (members) => {
            const [arn, earlier] = [...all].find(([each]) => each.endsWith(`:runtime/${id}`)) ?? [];
            if (arn === undefined || !earlier) throw notFound(`Agent runtime ${id} not found`);
            const request = readRuntimeRequest(members);
            if (earlier.status === 'CREATING' || earlier.status === 'UPDATING') {
              throw new AwsProblem(409, 'ConflictException', `Agent runtime is in ${earlier.status} state`);
            }
            const { createdAtMs, version } = earlier;
            const change = { version: version + 1, createdAtMs, updatedAtMs: clock.now(), status: 'UPDATING' as const };
            return begin(arn, { ...request, ...change });
          }),
      },
    },
  };
}

async function scriptOf(arn: string, deployed: Deployed, hosting: Hosting): Promise<RuntimeScript> {
  const { bucket, prefix, entryPoint } = deployed.package;
  const bytes = await hosting.read(bucket, prefix);
  if (!bytes) throw invalid(`The object s3://${bucket}/${prefix} does not exist or cannot be read.`);
  const files = filesOfZip(Buffer.from(bytes));
  if (!files) throw invalid(`The object s3://${bucket}/${prefix} is not a valid zip archive.`);
  if (!files.has(entryPoint)) throw invalid(`The entry point ${entryPoint} was not found in the code package.`);
  const { description, environment } = deployed;
  return { ...hosting.run({ arn, files, entryPoint, environment }), description };
}

function failed({ status }: Deployed) {
  return { status: status === 'CREATING' ? ('CREATE_FAILED' as const) : ('UPDATE_FAILED' as const) };
}

function notReady(arn: string): RuntimeScript {
  const message = `Agent runtime ${arn} is not ready`;
  return { arn, answer: () => ({ error: { status: 409, message } }) };
}
