import { RATES_HZ, type Sensitivity } from './models.js';

/** An input event whose shape is right, in the service's own words. */
export type InputEvent =
  | { name: 'sessionStart'; sensitivity?: Sensitivity; maxTokens?: number }
  | { name: 'promptStart'; promptName: string; voiceId: string; outputRateHz: number; tools: readonly ToolSpec[] }
  | { name: 'contentStart'; promptName: string; contentName: string; block: Block }
  | { name: 'textInput'; promptName: string; contentName: string; content: string }
  | { name: 'audioInput'; promptName: string; contentName: string; s16le: Buffer }
  | { name: 'toolResult'; promptName: string; contentName: string; content: string }
  | { name: 'contentEnd'; promptName: string; contentName: string }
  | { name: 'promptEnd'; promptName: string }
  | { name: 'sessionEnd' };

export type Block =
  | { type: 'TEXT'; role: 'SYSTEM' | 'SYSTEM_SPEECH' | 'USER' | 'ASSISTANT'; interactive: boolean }
  | { type: 'AUDIO'; rateHz: number }
  | { type: 'TOOL'; toolUseId: string };

export interface ToolSpec {
  name: string;
  description: string;
  inputSchema: Readonly<Record<string, unknown>>;
}

/** What the service answers to a bad event, and what was wrong in particular (for people; never on the wire). */
export class Rejection extends Error {
  readonly detail: string;

  constructor(message: string, detail: string) {
    super(message);
    this.detail = detail;
  }
}

export const PARSE_ERROR = 'Unable to parse input chunk. Please check input format contains correct format.';
export const INVALID_REQUEST = 'Invalid input request, please fix your input and try again.';

/** Parses one event. Throws `Rejection`: bad JSON, missing or wrong fields, fields that do not exist, values out of range. */
export function parseEvent(json: string): InputEvent {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch {
    throw new Rejection(PARSE_ERROR, 'the chunk is not JSON');
  }
  const names = Object.keys(object(object(parsed, 'chunk', ['event']).event, 'event'));
  const name = names[0];
  if (name === undefined || names.length !== 1) throw new Rejection(PARSE_ERROR, 'event must hold exactly one event');
  const body = object(object(parsed, 'chunk').event, 'event')[name];
  const parse = PARSERS[name as InputEvent['name']];
  if (!Object.hasOwn(PARSERS, name)) throw new Rejection(PARSE_ERROR, `unknown event ${name}`);
  return parse(body);
}

const PARSERS: Record<InputEvent['name'], (body: unknown) => InputEvent> = {
  sessionStart: parseSessionStart,
  promptStart: parsePromptStart,
  contentStart: parseContentStart,
  textInput: (body) => ({ name: 'textInput', ...named(body, 'textInput', 'content') }),
  toolResult: (body) => ({ name: 'toolResult', ...named(body, 'toolResult', 'content') }),
  audioInput: (body) => {
    const { content, ...names } = named(body, 'audioInput', 'content');
    return { name: 'audioInput', ...names, s16le: base64Pcm(content) };
  },
  contentEnd: (body) => {
    const fields = object(body, 'contentEnd', ['promptName', 'contentName']);
    return {
      name: 'contentEnd',
      promptName: string(fields.promptName, 'contentEnd.promptName'),
      contentName: string(fields.contentName, 'contentEnd.contentName'),
    };
  },
  promptEnd: (body) => ({
    name: 'promptEnd',
    promptName: string(object(body, 'promptEnd', ['promptName']).promptName, 'promptEnd.promptName'),
  }),
  sessionEnd: (body) => {
    object(body, 'sessionEnd', []);
    return { name: 'sessionEnd' };
  },
};

function parseSessionStart(body: unknown): InputEvent {
  const fields = object(body, 'sessionStart', ['inferenceConfiguration', 'turnDetectionConfiguration']);
  const at = 'sessionStart.inferenceConfiguration';
  const inference = object(fields.inferenceConfiguration, at, ['maxTokens', 'topP', 'temperature']);
  const { maxTokens, topP, temperature } = inference;
  if (maxTokens !== undefined && !(Number.isInteger(maxTokens) && Number(maxTokens) >= 1)) {
    throw new Rejection(INVALID_REQUEST, `${at}.maxTokens must be a whole number from 1`);
  }
  for (const [name, value] of Object.entries({ topP, temperature })) {
    if (value !== undefined && !(typeof value === 'number' && value >= 0 && value <= 1)) {
      throw new Rejection(INVALID_REQUEST, `${at}.${name} must be a number from 0 to 1`);
    }
  }
  const event: InputEvent = { name: 'sessionStart' };
  if (typeof maxTokens === 'number') event.maxTokens = maxTokens;
  if (fields.turnDetectionConfiguration !== undefined) {
    const path = 'sessionStart.turnDetectionConfiguration';
    const { endpointingSensitivity } = object(fields.turnDetectionConfiguration, path, ['endpointingSensitivity']);
    event.sensitivity = oneOf(endpointingSensitivity, ['HIGH', 'MEDIUM', 'LOW'], `${path}.endpointingSensitivity`);
  }
  return event;
}

function parsePromptStart(body: unknown): InputEvent {
  const fields = object(body, 'promptStart', [
    'promptName',
    'textOutputConfiguration',
    'audioOutputConfiguration',
    'toolUseOutputConfiguration',
    'toolConfiguration',
  ]);
  if (fields.textOutputConfiguration === undefined) {
    throw new Rejection(PARSE_ERROR, 'promptStart.textOutputConfiguration is missing');
  }
  mediaType(fields.textOutputConfiguration, 'text/plain', 'promptStart.textOutputConfiguration');
  const at = 'promptStart.audioOutputConfiguration';
  const audio = object(fields.audioOutputConfiguration, at, [...AUDIO_FIELDS, 'voiceId']);
  if (typeof audio.voiceId !== 'string' || audio.voiceId === '') {
    throw new Rejection('Received invalid voiceId: value must not be empty', `${at}.voiceId is missing`);
  }
  if (fields.toolUseOutputConfiguration !== undefined) {
    mediaType(fields.toolUseOutputConfiguration, 'application/json', 'promptStart.toolUseOutputConfiguration');
  }
  const tools = fields.toolConfiguration === undefined ? [] : parseTools(fields.toolConfiguration);
  if (tools.length > 0 && fields.toolUseOutputConfiguration === undefined) {
    throw new Rejection(INVALID_REQUEST, 'promptStart.toolUseOutputConfiguration is missing beside tools');
  }
  return {
    name: 'promptStart',
    promptName: string(fields.promptName, 'promptStart.promptName'),
    voiceId: audio.voiceId,
    outputRateHz: audioRate(audio, at),
    tools,
  };
}

function parseTools(value: unknown): ToolSpec[] {
  const at = 'promptStart.toolConfiguration';
  const fields = object(value, at, ['tools', 'toolChoice']);
  if (!Array.isArray(fields.tools)) throw new Rejection(PARSE_ERROR, `${at}.tools must be a list`);
  const tools = fields.tools.map((entry: unknown, index): ToolSpec => {
    const path = `${at}.tools[${index}].toolSpec`;
    const spec = object(object(entry, `${at}.tools[${index}]`, ['toolSpec']).toolSpec, path, [
      'name',
      'description',
      'inputSchema',
    ]);
    const name = string(spec.name, `${path}.name`);
    // Source: Bedrock API reference, ToolSpecification.
    if (!/^[a-zA-Z0-9_-]{1,64}$/.test(name))
      throw new Rejection(INVALID_REQUEST, `${path}.name "${name}" is not allowed`);
    const schema = string(object(spec.inputSchema, `${path}.inputSchema`, ['json']).json, `${path}.inputSchema.json`);
    const inputSchema = jsonObject(schema);
    if (!inputSchema) throw new Rejection(PARSE_ERROR, `${path}.inputSchema.json is not the text of a JSON object`);
    return { name, description: string(spec.description, `${path}.description`), inputSchema };
  });
  if (new Set(tools.map((tool) => tool.name)).size < tools.length) {
    throw new Rejection(INVALID_REQUEST, `${at}.tools has a name twice`);
  }
  if (fields.toolChoice !== undefined) parseToolChoice(fields.toolChoice, tools, `${at}.toolChoice`);
  return tools;
}

function parseToolChoice(value: unknown, tools: readonly ToolSpec[], at: string): void {
  const fields = object(value, at, ['auto', 'any', 'tool']);
  if (Object.keys(fields).length !== 1) throw new Rejection(INVALID_REQUEST, `${at} must hold one choice`);
  if (fields.tool === undefined) {
    object(fields.auto ?? fields.any, at, []);
    return;
  }
  const { name } = object(fields.tool, `${at}.tool`, ['name']);
  if (!tools.some((tool) => tool.name === name)) throw new Rejection(INVALID_REQUEST, `${at}.tool.name is no tool`);
}

function parseContentStart(body: unknown): InputEvent {
  const fields = object(body, 'contentStart');
  const names = {
    promptName: string(fields.promptName, 'contentStart.promptName'),
    contentName: string(fields.contentName, 'contentStart.contentName'),
  };
  const type = oneOf(fields.type, ['TEXT', 'AUDIO', 'TOOL'], 'contentStart.type');
  const configuration = CONFIGURATION[type];
  object(body, 'contentStart', ['promptName', 'contentName', 'type', 'interactive', 'role', configuration]);
  if (typeof fields.interactive !== 'boolean') {
    throw new Rejection(PARSE_ERROR, 'contentStart.interactive must be true or false');
  }
  const at = `contentStart.${configuration}`;
  let block: Block;
  if (type === 'TEXT') {
    const role = oneOf(fields.role, ['SYSTEM', 'SYSTEM_SPEECH', 'USER', 'ASSISTANT'], 'contentStart.role');
    mediaType(fields[configuration], 'text/plain', at);
    if (fields.interactive && role !== 'USER')
      throw new Rejection(INVALID_REQUEST, `${role} text cannot be interactive`);
    block = { type, role, interactive: fields.interactive };
  } else if (type === 'AUDIO') {
    oneOf(fields.role, ['USER'], 'contentStart.role');
    if (!fields.interactive) throw new Rejection(INVALID_REQUEST, 'audio must be interactive');
    block = { type, rateHz: audioRate(object(fields[configuration], at, AUDIO_FIELDS), at) };
  } else {
    oneOf(fields.role, ['TOOL'], 'contentStart.role');
    if (fields.interactive) throw new Rejection(INVALID_REQUEST, 'a tool result cannot be interactive');
    const result = object(fields[configuration], at, ['toolUseId', 'type', 'textInputConfiguration']);
    oneOf(result.type, ['TEXT'], `${at}.type`);
    mediaType(result.textInputConfiguration, 'text/plain', `${at}.textInputConfiguration`);
    block = { type, toolUseId: string(result.toolUseId, `${at}.toolUseId`) };
  }
  return { name: 'contentStart', ...names, block };
}

const CONFIGURATION = {
  TEXT: 'textInputConfiguration',
  AUDIO: 'audioInputConfiguration',
  TOOL: 'toolResultInputConfiguration',
} as const;

const AUDIO_FIELDS = ['mediaType', 'sampleRateHertz', 'sampleSizeBits', 'channelCount', 'encoding', 'audioType'];

function audioRate(audio: Readonly<Record<string, unknown>>, at: string): number {
  const fixed = {
    mediaType: 'audio/lpcm',
    sampleSizeBits: 16,
    channelCount: 1,
    encoding: 'base64',
    audioType: 'SPEECH',
  };
  for (const [name, value] of Object.entries(fixed)) {
    if (audio[name] !== value) throw new Rejection(INVALID_REQUEST, `${at}.${name} must be ${JSON.stringify(value)}`);
  }
  const rateHz = audio.sampleRateHertz;
  if (typeof rateHz !== 'number' || !RATES_HZ.includes(rateHz)) {
    throw new Rejection(INVALID_REQUEST, `${at}.sampleRateHertz must be one of ${RATES_HZ.join(', ')}`);
  }
  return rateHz;
}

function base64Pcm(content: string): Buffer {
  if (content.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(content)) {
    throw new Rejection(PARSE_ERROR, 'audioInput.content is not base64');
  }
  const bytes = Buffer.from(content, 'base64');
  if (bytes.length % 2 !== 0) {
    throw new Rejection(INVALID_REQUEST, `audioInput.content holds ${bytes.length} bytes, not whole 16-bit samples`);
  }
  return bytes;
}

function named(body: unknown, at: string, content: 'content') {
  const fields = object(body, at, ['promptName', 'contentName', content]);
  return {
    promptName: string(fields.promptName, `${at}.promptName`),
    contentName: string(fields.contentName, `${at}.contentName`),
    content: string(fields.content, `${at}.content`, true),
  };
}

function mediaType(value: unknown, expected: string, at: string): void {
  if (object(value, at, ['mediaType']).mediaType !== expected) {
    throw new Rejection(INVALID_REQUEST, `${at}.mediaType must be ${expected}`);
  }
}

/** The object in a JSON text, or undefined when the text is anything else. */
export function jsonObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function object(value: unknown, at: string, allowed?: readonly string[]): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Rejection(PARSE_ERROR, `${at} must be an object`);
  }
  const unknown = allowed && Object.keys(value).find((key) => !allowed.includes(key));
  if (unknown !== undefined) throw new Rejection(INVALID_REQUEST, `${at} has the unknown field ${unknown}`);
  return value as Readonly<Record<string, unknown>>;
}

function string(value: unknown, at: string, mayBeEmpty = false): string {
  if (typeof value !== 'string') throw new Rejection(PARSE_ERROR, `${at} must be a string`);
  if (value === '' && !mayBeEmpty) throw new Rejection(INVALID_REQUEST, `${at} must not be empty`);
  return value;
}

function oneOf<Value extends string>(value: unknown, allowed: readonly Value[], at: string): Value {
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined) throw new Rejection(INVALID_REQUEST, `${at} must be ${allowed.join(' or ')}`);
  return found;
}
