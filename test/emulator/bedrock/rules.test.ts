import { describe, expect, it } from 'vitest';
import { MODELS } from '../../../src/emulator/bedrock/models.js';
import { InputRules, type RuleOptions } from '../../../src/emulator/bedrock/rules.js';
import { audioStart, textBlock } from './sdk-client.js';
import {
  audio,
  before,
  changed,
  endAudio,
  endPrompt,
  endSession,
  history,
  names,
  open,
  refusal,
  result,
  type Step,
  setTool,
  toolStart,
  v1Opening,
} from './steps.js';

const V1 = MODELS[0]!;
const V2 = MODELS[1]!;
const PARSE = 'Unable to parse input chunk. Please check input format contains correct format.';
const INVALID = 'Invalid input request, please fix your input and try again.';
const OVER = 'Chat history is over max limit. Trim chat history and try again.';
const DUPLICATE = 'Duplicate SYSTEM content. SYSTEM content can only be provided once per prompt';

/** The block with its text sent twice. */
const twice = ([start, text, end]: Step[]): Step[] => [start!, text!, text!, end!];

describe('what the service accepts', () => {
  it.each<[string, Step[]]>([
    ['a whole session', [...open, audio, endAudio, endPrompt, endSession]],
    ['a session that is given up before its prompt', [open[0]!, endSession]],
    ['empty inference settings', changed(0, (fields) => Object.assign(fields, { inferenceConfiguration: {} }))],
    [
      'history that begins with USER and alternates',
      [
        ...before,
        ...textBlock('h1', 'USER', false, 'a'),
        ...textBlock('h2', 'ASSISTANT', false, 'b'),
        audioStart(8000),
      ],
    ],
    ['live text while audio is open', [...open, audio, ...textBlock('live', 'USER', true, 'hello'), audio]],
    ['useless ASSISTANT text while audio is open', [...open, audio, ...textBlock('late', 'ASSISTANT', false, 'x')]],
    ['history of 40 messages and 40 KB', [...before, ...history(40, 1000), audioStart(8000)]],
    ['several text inputs in one block', [before[0]!, before[1]!, before[2]!, before[3]!, before[3]!, before[4]!]],
    [
      'a tool result',
      [
        ...open,
        audio,
        toolStart('tool-1'),
        result('{"a":1}'),
        ['contentEnd', { promptName: 'prompt', contentName: 'result' }],
      ],
    ],
    ['audio while a tool runs', [...open, audio]],
  ])('accepts %s', (_title, steps) => {
    expect(refusal(steps)).toBeUndefined();
  });

  it('goes through its stages in order', () => {
    const rules = new InputRules({ model: V2, lenientHistory: false, refusesAudioDuringTools: false });
    const history = textBlock('h1', 'USER', false, 'a');
    const stages = [rules.stage as string];

    for (const [name, fields] of [...before, ...history, audioStart(8000), audio, endAudio, endPrompt, endSession]) {
      rules.take(JSON.stringify({ event: { [name]: fields } }));
      if (stages.at(-1) !== rules.stage) stages.push(rules.stage);
    }

    expect(stages).toEqual(['NEW', 'SESSION', 'PROMPT', 'SYSTEM', 'HISTORY', 'AUDIO', 'CLOSING', 'DONE']);
  });
});

describe('what the service refuses', () => {
  it.each<[string, (Step | string)[], string, string, Partial<RuleOptions>?]>([
    ['text that is not JSON', ['{"event":'], PARSE, 'the chunk is not JSON'],
    ['a chunk without an event', ['{"foo":{}}'], INVALID, 'chunk has the unknown field foo'],
    [
      'two events in one chunk',
      ['{"event":{"sessionEnd":{},"sessionStart":{}}}'],
      PARSE,
      'event must hold exactly one event',
    ],
    ['an unknown event', [open[0]!, ['connectionEnd', {}]], PARSE, 'unknown event connectionEnd'],
    ['a prompt before the session', [open[1]!], INVALID, 'promptStart in stage NEW'],
    ['a second session start', [open[0]!, open[0]!], INVALID, 'sessionStart came twice'],
    ['a second prompt', [open[0]!, open[1]!, open[1]!], INVALID, 'promptStart in stage PROMPT'],
    [
      'a missing field',
      changed(0, (fields) => delete fields.inferenceConfiguration),
      PARSE,
      'sessionStart.inferenceConfiguration must be an object',
    ],
    [
      'an unknown field',
      changed(0, (fields) => Object.assign(fields, { extra: 1 })),
      INVALID,
      'sessionStart has the unknown field extra',
    ],
    [
      'a flat sensitivity',
      changed(0, (fields) => Object.assign(fields, { endpointingSensitivity: 'HIGH' })),
      INVALID,
      'sessionStart has the unknown field endpointingSensitivity',
    ],
    [
      'topP above one',
      changed(0, (fields) => Object.assign(fields.inferenceConfiguration!, { topP: 1.5 })),
      INVALID,
      'sessionStart.inferenceConfiguration.topP must be a number from 0 to 1',
    ],
    [
      'turn detection in the first generation',
      [open[0]!],
      INVALID,
      'amazon.nova-sonic-v1:0 has no turnDetectionConfiguration',
      { model: V1 },
    ],
    [
      'no voice',
      changed(1, (fields) => delete fields.audioOutputConfiguration!.voiceId),
      'Received invalid voiceId: value must not be empty',
      'promptStart.audioOutputConfiguration.voiceId is missing',
    ],
    [
      'a voice of another generation',
      changed(1, (fields) => Object.assign(fields.audioOutputConfiguration!, { voiceId: 'greta' })),
      'Received invalid voiceId: greta',
      'no voice greta in this model',
    ],
    [
      'an output rate that does not exist',
      changed(1, (fields) => Object.assign(fields.audioOutputConfiguration!, { sampleRateHertz: 48_000 })),
      INVALID,
      'promptStart.audioOutputConfiguration.sampleRateHertz must be one of 8000, 16000, 24000',
    ],
    [
      'stereo',
      changed(1, (fields) => Object.assign(fields.audioOutputConfiguration!, { channelCount: 2 })),
      INVALID,
      'promptStart.audioOutputConfiguration.channelCount must be 1',
    ],
    [
      'a tool schema that is an object',
      changed(1, (fields) => setTool(fields, { inputSchema: { json: { type: 'object' } } })),
      PARSE,
      'promptStart.toolConfiguration.tools[0].toolSpec.inputSchema.json must be a string',
    ],
    [
      'a tool schema that is no JSON',
      changed(1, (fields) => setTool(fields, { inputSchema: { json: 'type: object' } })),
      PARSE,
      'promptStart.toolConfiguration.tools[0].toolSpec.inputSchema.json is not the text of a JSON object',
    ],
    [
      'a tool name with a space',
      changed(1, (fields) => setTool(fields, { name: 'look up' })),
      INVALID,
      'promptStart.toolConfiguration.tools[0].toolSpec.name "look up" is not allowed',
    ],
    [
      'tools without their output configuration',
      changed(1, (fields) => delete fields.toolUseOutputConfiguration),
      INVALID,
      'promptStart.toolUseOutputConfiguration is missing beside tools',
    ],
    [
      'a choice of an unknown tool',
      changed(1, (fields) => Object.assign(fields.toolConfiguration!, { toolChoice: { tool: { name: 'other' } } })),
      INVALID,
      'promptStart.toolConfiguration.toolChoice.tool.name is no tool',
    ],
    [
      'audio before the system text',
      [open[0]!, open[1]!, audioStart(8000)],
      INVALID,
      'the first content must be one complete SYSTEM text',
    ],
    [
      'a second system text',
      [...before, ...textBlock('again', 'SYSTEM', false, 'x')],
      DUPLICATE,
      'a SYSTEM block that is not the first content',
    ],
    [
      'a system text while audio is open',
      [...open, audio, ...textBlock('again', 'SYSTEM', false, 'x')],
      DUPLICATE,
      'a SYSTEM block that is not the first content',
    ],
    [
      'interactive system text',
      [open[0]!, open[1]!, ...textBlock('system', 'SYSTEM', true, 'x')],
      INVALID,
      'SYSTEM text cannot be interactive',
    ],
    [
      'history that begins with ASSISTANT',
      [...before, ...textBlock('h1', 'ASSISTANT', false, 'x')],
      INVALID,
      'history must begin with USER',
    ],
    [
      'two USER texts in a row',
      [...before, ...textBlock('h1', 'USER', false, 'x'), ...textBlock('h2', 'USER', false, 'y')],
      INVALID,
      'two USER blocks of history in a row',
    ],
    [
      'history after the audio',
      [...open, audio, ...textBlock('h1', 'USER', false, 'x')],
      INVALID,
      'history after the audio block was opened',
    ],
    [
      'history of more than 1 KB in one text',
      [...before, ...textBlock('h1', 'USER', false, 'x'.repeat(1001))],
      OVER,
      'textInput of 1001 bytes; the limit is 1000',
    ],
    [
      'live text of more than 1 KB',
      [...open, audio, ...textBlock('l', 'USER', true, 'x'.repeat(1001))],
      INVALID,
      'textInput of 1001 bytes; the limit is 1000',
    ],
    [
      'history of more than 40 KB',
      [...before, ...history(39, 1000), ...twice(textBlock('h39', 'ASSISTANT', false, 'x'.repeat(1000)))],
      OVER,
      'history of 41000 bytes; the limit is 40000',
    ],
    ['more than 40 messages of history', [...before, ...history(41, 10)], OVER, 'more than 40 messages of history'],
    [
      'more than 40 messages in the first generation',
      [...v1Opening(), ...history(41, 10)],
      OVER,
      'more than 40 messages of history',
      { model: V1 },
    ],
    [
      'live text before the audio',
      [...before, ...textBlock('live', 'USER', true, 'x')],
      INVALID,
      'interactive text before the audio block',
    ],
    [
      'live text in the first generation',
      [...v1Opening(), audioStart(8000), audio, ...textBlock('live', 'USER', true, 'x')],
      INVALID,
      'this model takes no interactive text',
      { model: V1 },
    ],
    [
      'a content name that was used',
      [...open, audio, ...textBlock('system', 'USER', true, 'x')],
      INVALID,
      'contentName system was used before',
    ],
    ['a second audio block', [...open, audio, audioStart(8000, 'more')], INVALID, 'a second audio block'],
    [
      'an input rate that does not exist',
      [...before, audioStart(44_100)],
      INVALID,
      'contentStart.audioInputConfiguration.sampleRateHertz must be one of 8000, 16000, 24000',
    ],
    [
      'audio for a block that is not open',
      [...open, ['audioInput', { ...names, contentName: 'other', content: 'AAAAAA==' }]],
      'No open content found for content name: other',
      'audioInput without a block',
    ],
    [
      'audio in a text block',
      [
        open[0]!,
        open[1]!,
        open[2]!,
        ['audioInput', { promptName: 'prompt', contentName: 'system', content: 'AAAAAA==' }],
      ],
      INVALID,
      'audioInput in a block of type TEXT',
    ],
    [
      'half a sample',
      [...open, ['audioInput', { ...names, content: 'AAA=' }], ['audioInput', { ...names, content: 'AA==' }]],
      INVALID,
      'audioInput.content holds 1 bytes, not whole 16-bit samples',
    ],
    [
      'audio that is not base64',
      [...open, ['audioInput', { ...names, content: 'a-b_' }]],
      PARSE,
      'audioInput.content is not base64',
    ],
    [
      'the end of an unknown block',
      [...open, ['contentEnd', { ...names, contentName: 'other' }]],
      'No open content found for content name: other',
      'contentEnd without a block',
    ],
    [
      'the end of an empty block',
      [...open, endAudio],
      'Cannot end content [audio] as no content data was received',
      'contentEnd of an empty block',
    ],
    [
      'more than names in the end of a block',
      [...open, audio, ['contentEnd', { ...names, type: 'AUDIO' }]],
      INVALID,
      'contentEnd has the unknown field type',
    ],
    [
      'another prompt',
      [...open, ['audioInput', { ...names, promptName: 'other', content: 'AAAAAA==' }]],
      'No open prompt found for prompt name: other',
      'audioInput outside its prompt',
    ],
    [
      'the end of a prompt with an open block',
      [...open, audio, endPrompt],
      'All contents must be closed before ending prompt',
      'still open: audio',
    ],
    [
      'the end of a prompt that had no audio',
      [...before, endPrompt],
      'Prompt must have at least one audio content',
      'promptEnd without an audio block',
    ],
    [
      'audio after the end of the prompt',
      [...open, audio, endAudio, endPrompt, audio],
      'No open prompt found for prompt name: prompt',
      'audioInput outside its prompt',
    ],
    [
      'the end of a session with an open prompt',
      [...open, audio, endSession],
      INVALID,
      'sessionEnd while a prompt is open',
    ],
    [
      'anything after the end',
      [...open, audio, endAudio, endPrompt, endSession, endSession],
      INVALID,
      'sessionEnd after the end',
    ],
    [
      'a result of a tool that was not called',
      [...open, audio, toolStart('tool-2')],
      INVALID,
      'toolUseId tool-2 is not outstanding',
    ],
    [
      'a second result of a tool',
      [
        ...open,
        audio,
        toolStart('tool-1'),
        result('{}'),
        ['contentEnd', { promptName: 'prompt', contentName: 'result' }],
        toolStart('tool-1', 'again'),
      ],
      INVALID,
      'toolUseId tool-1 is not outstanding',
    ],
    [
      'a result in prose',
      [...open, audio, toolStart('tool-1'), result('it is 20 degrees')],
      'Tool Response parsing error',
      'toolResult.content is not the text of a JSON object',
    ],
    [
      'a result that is a list',
      [...open, audio, toolStart('tool-1'), result('[1]')],
      'Tool Response parsing error',
      'toolResult.content is not the text of a JSON object',
    ],
    [
      'audio while a tool runs, where that is refused',
      [...open, audio],
      INVALID,
      'audio while a tool result is outstanding',
      { refusesAudioDuringTools: true },
    ],
  ])('refuses %s', (_title, steps, message, detail, options = {}) => {
    expect(refusal(steps, options)).toMatchObject({ message, detail });
  });

  it('counts the bytes of history, not its letters, and can be lenient', () => {
    const steps = [...before, ...textBlock('h1', 'USER', false, 'ä'.repeat(600))];

    expect(refusal(steps)).toMatchObject({ message: OVER });
    expect(refusal(steps, { lenientHistory: true })).toBeUndefined();
    expect(refusal([...before, ...history(60, 2000)], { lenientHistory: true })).toBeUndefined();
  });
});
