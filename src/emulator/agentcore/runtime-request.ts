import { text, violated } from '../aws/constraint.js';
import { isObject } from '../aws/json.js';

/** Where a runtime's code is, and what of it is started. */
export interface CodePackage {
  readonly bucket: string;
  /** The key of a zip, whatever its name says. */
  readonly prefix: string;
  readonly entryPoint: string;
  readonly runtime: string;
}

const RUNTIMES = ['PYTHON_3_10', 'PYTHON_3_11', 'PYTHON_3_12', 'PYTHON_3_13', 'PYTHON_3_14', 'NODE_22'];
const ROLE = /arn:aws(-[^:]+)?:iam::([0-9]{12})?:role\/.+/;
const MAX_VARIABLES = 50;

/** What CreateAgentRuntime and UpdateAgentRuntime have in common. Throws 400 ValidationException. */
export function readRuntimeRequest(members: Readonly<Record<string, unknown>>) {
  const network = members.networkConfiguration;
  if (!isObject(network)) throw violated('networkConfiguration', 'Member must not be null');
  const networkMode = oneOf('networkConfiguration.networkMode', network.networkMode, ['PUBLIC', 'VPC']);
  return {
    roleArn: text('roleArn', members.roleArn, { most: 2048, pattern: ROLE }),
    description: members.description === undefined ? '' : text('description', members.description, { most: 4096 }),
    networkMode,
    environment: variablesIn(members.environmentVariables),
    package: packageIn(members.agentRuntimeArtifact),
  };
}

function packageIn(artifact: unknown): CodePackage {
  const member = 'agentRuntimeArtifact';
  if (!isObject(artifact)) throw violated(member, 'Member must not be null');
  if (Object.keys(artifact).length !== 1) throw violated(member, 'Member must have exactly one of its members');
  const { codeConfiguration } = artifact;
  // Images are of no use here: nothing runs them.
  if (!isObject(codeConfiguration)) throw violated(member, 'Member must be a codeConfiguration in this stand-in');
  const { code, entryPoint, runtime } = codeConfiguration;
  const s3 = isObject(code) ? code.s3 : undefined;
  const path = `${member}.codeConfiguration`;
  if (!isObject(s3)) throw violated(`${path}.code.s3`, 'Member must not be null');
  if (!Array.isArray(entryPoint) || entryPoint.length < 1 || entryPoint.length > 2) {
    throw violated(`${path}.entryPoint`, 'Member must have between 1 and 2 items');
  }
  return {
    bucket: text(`${path}.code.s3.bucket`, s3.bucket, { pattern: /[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/ }),
    prefix: text(`${path}.code.s3.prefix`, s3.prefix, { most: 1024 }),
    entryPoint: text(`${path}.entryPoint`, entryPoint.at(-1), { most: 128 }),
    runtime: oneOf(`${path}.runtime`, runtime, RUNTIMES),
  };
}

function variablesIn(given: unknown): Record<string, string> {
  const member = 'environmentVariables';
  if (given === undefined) return {};
  if (!isObject(given)) throw violated(member, 'Member must be a map');
  const entries = Object.entries(given);
  if (entries.length > MAX_VARIABLES) throw violated(member, `Member must have at most ${MAX_VARIABLES} entries`);
  return Object.fromEntries(
    entries.map(([name, value]) => [
      text(`${member}.key`, name, { most: 100 }),
      text(`${member}.${name}`, value, { least: 0, most: 5000 }),
    ]),
  );
}

function oneOf(member: string, value: unknown, values: readonly string[]): string {
  const given = text(member, value);
  if (!values.includes(given)) throw violated(member, `Member must satisfy enum value set: [${values.join(', ')}]`);
  return given;
}
