import { readFileSync } from 'node:fs';
import type { AwsCredentials } from '../../aws.js';
import { localAwsCalls } from '../../emulator/agentcore/python/aws-calls.js';
import { pythonMachine } from '../../emulator/agentcore/python/machine.js';
import { pythonRuntime } from '../../emulator/agentcore/python/runtime.js';
import type { AgentCoreEmulator } from '../../emulator/agentcore/server.js';

/** The bucket that agents are written to. */
export const AGENTS_BUCKET = 'agents';
const LOADER_ARN = 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/loader-LocalStack';
const LOADER = new URL('../../../creator/loader/agent.py', import.meta.url);

interface Place {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: AwsCredentials;
}

/** The environment by which a bridge makes agents on the local stack. */
export const CREATOR_ENVIRONMENT = { CREATOR_BUCKET: AGENTS_BUCKET, CREATOR_LOADER_ARN: LOADER_ARN } as const;

/** Python programs on the AgentCore stand-in. */
export interface PythonPrograms {
  /** Lets a program answer under this ARN; resolves when Python is up. */
  host(arn: string, files: Readonly<Record<string, string>>): Promise<void>;
  /** Whether a program answers under this ARN. */
  has(arn: string): boolean;
  close(): Promise<void>;
}

/**
 * Lets agents that were made really run, and deploys the loader of the repository for them. Python is started when it is asked
 * first.
 */
export function pythonPrograms(
  agentCore: Pick<AgentCoreEmulator, 'deploy'>,
  places: { models: Place; s3: Place },
): PythonPrograms {
  const aws = localAwsCalls(places);
  const machine = pythonMachine({ calls: aws.calls });
  const hosted = new Set<string>();
  const deploy = (arn: string, files: Readonly<Record<string, string>>, environment: Record<string, string> = {}) => {
    agentCore.deploy(pythonRuntime({ arn, files, environment }, machine));
    hosted.add(arn);
  };
  deploy(LOADER_ARN, { 'agent.py': readFileSync(LOADER, 'utf8') }, { AGENTS_BUCKET });
  return {
    async host(arn, files) {
      deploy(arn, files);
      await machine.ready();
    },
    has: (arn) => hosted.has(arn),
    async close() {
      await machine.close();
      aws.close();
    },
  };
}
