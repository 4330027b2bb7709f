import { isObject } from '../aws/json.js';
import { invalid } from '../aws/problem.js';
import type { AwsAnswer, AwsRequest } from '../aws/server.js';
import { DIMENSIONS, type Dimensions, embed } from './embedding.js';
import { countTokens } from './tokens.js';

export const TITAN_EMBED_V2 = 'amazon.titan-embed-text-v2:0';

/** The ARN of a model of Bedrock's own. */
export const foundationModel = (region: string, modelId: string) =>
  `arn:aws:bedrock:${region}::foundation-model/${modelId}`;

const MAX_CHARACTERS = 50_000;
const MAX_TOKENS = 8192;

interface TitanRequest {
  inputText: string;
  dimensions: Dimensions;
  normalize: boolean;
  embeddingTypes: readonly string[];
}

/** InvokeModel of Titan Text Embeddings V2. Source: Amazon Bedrock user guide, Titan embeddings; model's own messages. */
export function invokeTitan({ body }: AwsRequest): AwsAnswer {
  const { inputText, dimensions, normalize, embeddingTypes } = readRequest(body);
  const tokens = countTokens(inputText);
  if (tokens > MAX_TOKENS) {
    throw invalid(
      `400 Bad Request: Too many input tokens. Max input tokens: ${MAX_TOKENS}, request input token count: ${tokens} `,
    );
  }
  const embedding = embed(inputText, dimensions, normalize);
  const byType: Readonly<Record<string, () => number[]>> = {
    float: () => embedding,
    binary: () => embedding.map((component) => (component > 0 ? 1 : 0)),
  };
  return {
    status: 200,
    headers: {
      'content-type': 'application/json',
      'x-amzn-bedrock-input-token-count': String(tokens),
      'x-amzn-bedrock-invocation-latency': '0',
    },
    body: {
      ...(embeddingTypes.includes('float') && { embedding }),
      embeddingsByType: Object.fromEntries(embeddingTypes.map((type) => [type, byType[type]?.()])),
      inputTextTokenCount: tokens,
    },
  };
}

function readRequest(body: Buffer): TitanRequest {
  let request: unknown;
  try {
    request = JSON.parse(body.toString());
  } catch {
    throw malformed();
  }
  if (!isObject(request)) throw malformed();
  const problems = problemsOf(request);
  if (problems.length > 1) throw malformed(`${problems.length} schema violations found`);
  if (problems.length > 0) throw malformed(problems[0]);
  const { inputText, dimensions = 1024, normalize = true, embeddingTypes = ['float'] } = request;
  return { inputText, dimensions, normalize, embeddingTypes } as TitanRequest;
}

/** In the words of the schema check in front of the model. */
function problemsOf(request: Readonly<Record<string, unknown>>): string[] {
  const problems: string[] = [];
  const { inputText, dimensions, normalize, embeddingTypes, ...others } = request;
  for (const key of Object.keys(others)) problems.push(`#: extraneous key [${key}] is not permitted`);
  if (inputText === undefined) problems.push('#: required key [inputText] not found');
  else if (typeof inputText !== 'string') problems.push(wrongType('inputText', 'String', inputText));
  else if (inputText === '') problems.push('#/inputText: expected minLength: 1, actual: 0');
  else if (inputText.length > MAX_CHARACTERS) {
    problems.push(`expected maxLength: ${MAX_CHARACTERS}, actual: ${inputText.length}`);
  }
  if (dimensions !== undefined && !DIMENSIONS.some((known) => known === dimensions)) {
    problems.push(`#/dimensions: ${String(dimensions)} is not a valid enum value`);
  }
  if (normalize !== undefined && typeof normalize !== 'boolean') {
    problems.push(wrongType('normalize', 'Boolean', normalize));
  }
  if (embeddingTypes !== undefined && !Array.isArray(embeddingTypes)) {
    problems.push(wrongType('embeddingTypes', 'JSONArray', embeddingTypes));
  } else {
    for (const [position, type] of ((embeddingTypes as unknown[] | undefined) ?? []).entries()) {
      if (type !== 'float' && type !== 'binary') {
        problems.push(`#/embeddingTypes/${position}: ${String(type)} is not a valid enum value`);
      }
    }
  }
  return problems;
}

function wrongType(key: string, expected: string, value: unknown): string {
  const names: Readonly<Record<string, string>> = { string: 'String', number: 'Integer', boolean: 'Boolean' };
  const found = value === null ? 'Null' : Array.isArray(value) ? 'JSONArray' : (names[typeof value] ?? 'JSONObject');
  return `#/${key}: expected type: ${expected}, found: ${found}`;
}

function malformed(problem?: string) {
  const start = problem === undefined ? 'Malformed input request' : `Malformed input request: ${problem}`;
  return invalid(`${start}, please reformat your input and try again.`);
}
