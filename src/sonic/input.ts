import type { VoiceProfile } from '../call/ports.js';
import { takesLiveText } from '../directory/model-generation.js';

/**
 * Input events of the model, built and nothing else. Source: Nova Sonic user guide, input events; Nova 2 user guide,
 * turn taking, tool configuration and chat history.
 */
export type SonicInput = { readonly event: Readonly<Record<string, unknown>> };

/** A text input may carry 1 KB. Source: Nova 2 user guide, chat history. */
const TEXT_INPUT_BYTES = 1000;

const PLAIN_TEXT = { mediaType: 'text/plain' } as const;

export function sessionStart(profile: VoiceProfile): SonicInput {
  const { endpointing, inference, modelId } = profile;
  const turnDetection = endpointing &&
    takesLiveText(modelId) && { turnDetectionConfiguration: { endpointingSensitivity: endpointing } };
  return { event: { sessionStart: { inferenceConfiguration: inference, ...turnDetection } } };
}

export function promptStart(profile: VoiceProfile, promptName: string): SonicInput {
  const toolConfiguration = profile.tools.length > 0 && {
    toolUseOutputConfiguration: { mediaType: 'application/json' },
    toolConfiguration: {
      tools: profile.tools.map(({ name, description, inputSchema }) => ({
        // The schema travels as a string: as an object it is refused by the service.
        toolSpec: { name, description, inputSchema: { json: JSON.stringify(inputSchema) } },
      })),
    },
  };
  return {
    event: {
      promptStart: {
        promptName,
        textOutputConfiguration: PLAIN_TEXT,
        audioOutputConfiguration: {
          ...lpcm(profile.audio.outputRateHz),
          voiceId: profile.voiceId,
        },
        ...toolConfiguration,
      },
    },
  };
}

/** A whole text block: start, the text in pieces the model takes, end. */
export function textBlock(
  promptName: string,
  contentName: string,
  text: string,
  kind: { role: 'SYSTEM' | 'USER' | 'ASSISTANT'; interactive: boolean },
): SonicInput[] {
  const start = { promptName, contentName, type: 'TEXT', ...kind, textInputConfiguration: PLAIN_TEXT };
  return [
    { event: { contentStart: start } },
    ...pieces(text).map((content) => ({ event: { textInput: { promptName, contentName, content } } })),
    contentEnd(promptName, contentName),
  ];
}

export function audioStart(profile: VoiceProfile, promptName: string, contentName: string): SonicInput {
  return {
    event: {
      contentStart: {
        promptName,
        contentName,
        type: 'AUDIO',
        interactive: true,
        role: 'USER',
        audioInputConfiguration: lpcm(profile.audio.inputRateHz),
      },
    },
  };
}

/** Head and tail of every audio event; the base64 of the samples goes between. */
export function audioEnvelope(promptName: string, contentName: string): { head: string; tail: string } {
  const json = JSON.stringify({ event: { audioInput: { promptName, contentName, content: '' } } });
  const split = json.lastIndexOf('""') + 1;
  return { head: json.slice(0, split), tail: json.slice(split) };
}

/** A tool's result, which must be a JSON object in a string. */
export function toolResult(
  promptName: string,
  contentName: string,
  toolUseId: string,
  output: Readonly<Record<string, unknown>>,
): SonicInput[] {
  return [
    {
      event: {
        contentStart: {
          promptName,
          contentName,
          type: 'TOOL',
          interactive: false,
          role: 'TOOL',
          toolResultInputConfiguration: { toolUseId, type: 'TEXT', textInputConfiguration: PLAIN_TEXT },
        },
      },
    },
    { event: { toolResult: { promptName, contentName, content: JSON.stringify(output) } } },
    contentEnd(promptName, contentName),
  ];
}

export function contentEnd(promptName: string, contentName: string): SonicInput {
  return { event: { contentEnd: { promptName, contentName } } };
}

export function promptEnd(promptName: string): SonicInput {
  return { event: { promptEnd: { promptName } } };
}

export function sessionEnd(): SonicInput {
  return { event: { sessionEnd: {} } };
}

/**
 * `text` in pieces of at most 1,000 bytes of UTF-8: the same text when put together, cut after a space where there is one,
 * and never inside a character. Always at least one piece.
 */
export function pieces(text: string): string[] {
  const result: string[] = [];
  let start = 0;
  let end = 0;
  let wordsEnd = 0;
  let byteLength = 0;
  for (const character of text) {
    const bytes = Buffer.byteLength(character);
    if (byteLength + bytes > TEXT_INPUT_BYTES) {
      const cut = wordsEnd > start ? wordsEnd : end;
      result.push(text.slice(start, cut));
      byteLength = Buffer.byteLength(text.slice(cut, end));
      start = cut;
    }
    byteLength += bytes;
    end += character.length;
    if (/\s/.test(character)) wordsEnd = end;
  }
  return [...result, text.slice(start)];
}

function lpcm(sampleRateHertz: number) {
  return {
    mediaType: 'audio/lpcm',
    sampleRateHertz,
    sampleSizeBits: 16,
    channelCount: 1,
    encoding: 'base64',
    audioType: 'SPEECH',
  };
}
