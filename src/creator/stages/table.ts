import type { StageName } from '../job.js';
import { checkCode, checkPrompt, rehearse } from './checks.js';
import { draftPlan } from './draft-plan.js';
import { metaAgent } from './meta-agent.js';
import { parseSop } from './parse-sop.js';
import { parseVoice } from './parse-voice.js';
import { reviewCode } from './review-code.js';
import { reviewPlan } from './review-plan.js';
import type { Stage } from './stage.js';
import { store } from './store.js';
import { writeCode } from './write-code.js';
import { writePrompt } from './write-prompt.js';
import { writeScenarios } from './write-scenarios.js';

export const stageTable: Readonly<Record<StageName, Stage>> = {
  'parse-sop': parseSop,
  'parse-voice': parseVoice,
  'draft-plan': draftPlan,
  'review-plan': reviewPlan,
  'write-code': writeCode,
  'check-code': checkCode,
  'review-code': reviewCode,
  'write-prompt': writePrompt,
  'check-prompt': checkPrompt,
  'write-scenarios': writeScenarios,
  rehearse,
  store,
  'meta-agent': metaAgent,
};
