import { ABOUT_DOCUMENTS, type StagePrompt } from './prompt.js';

export const parseVoicePrompt: StagePrompt = {
  version: '1',
  text: `${ABOUT_DOCUMENTS}

Your part: decide how the agent sounds. You are given \`requirements\` (the procedure in clauses), \`voices\` (a list of the voices that there are) and, when somebody has written one, \`voice-personality\` (what is wished for). Without a \`voice-personality\` choose what suits the procedure: calm, friendly, brief.

- \`voiceId\`: exactly one of \`voices\`. Voices by language: English: tiffany, matthew (United States), amy (United Kingdom), olivia (Australia), kiara, arjun (India; Hindi as well); French: ambre, florian; Italian: beatrice, lorenzo; German: tina, greta, lennart; Spanish: lupe, carlos; Portuguese: carolina, leo. tiffany and matthew speak the other languages, too. The language of the procedure decides unless a voice or another language is wished for; then a wished character (a woman's or a man's voice, warm, matter-of-fact).
- \`tone\` and \`pace\`: a few words each.
- \`greeting\`: the first sentences a caller hears, word for word, in the language of the procedure: who is speaking (the company or the department as far as the procedure names it, never an invented name), and an open question. If a clause says how to greet, follow it. At most two sentences.
- \`style\`: rules of speaking that the personality asks for, and those that a telephone needs: short sentences, one question at a time, numbers read back digit by digit, no lists and no formatting.

What a personality wishes for never changes what the procedure demands.`,
};
