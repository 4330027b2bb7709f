import { z } from 'zod';
import { voicePersonalitySchema } from '../artefacts.js';
import { jsonDocument, textDocument } from '../documents.js';
import { parseVoicePrompt } from '../prompts/parse-voice.js';
import { whyUnspoken } from '../voice-languages.js';
import { asked, needed, type Stage } from './stage.js';

const decide = asked({
  prompt: parseVoicePrompt,
  tool: { name: 'submit_voice_personality', description: 'Says how the agent sounds.' },
  schema: ({ parts }) =>
    voicePersonalitySchema.extend({ voiceId: z.enum(parts.voices).describe('One of the voices that are offered.') }),
  documents: ({ job, made, parts }) => [
    jsonDocument('requirements', needed(made.requirements, 'requirements')),
    ...textDocument('voice-personality', job.input.voicePersonality),
    jsonDocument('voices', parts.voices),
  ],
});

/** How the agent sounds. That no voice speaks the language of the procedure is no fault of the answer. */
export const parseVoice: Stage = async (context) => {
  const result = await decide(context);
  const { language } = needed(context.made.requirements, 'requirements');
  const message = whyUnspoken(language, context.parts.voices);
  if (message === undefined) return result;
  const finding = { file: 'sop', rule: 'language-without-voice', line: null, message } as const;
  return { ...result, findings: [...result.findings, finding] };
};
