import { z } from 'zod';
import { voicePersonalitySchema } from '../artefacts.js';
import { jsonDocument, textDocument } from '../documents.js';
import { parseVoicePrompt } from '../prompts/parse-voice.js';
import { asked, needed } from './stage.js';

/** How the agent sounds. */
export const parseVoice = asked({
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
