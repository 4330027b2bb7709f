import type { CreatorInput } from '../../api/types.ts';

/** As many as the API takes. */
export const MAX_SOP = 200_000;
/** What most models can take apart in one answer. */
export const READ_AT_ONCE = 20_000;
export const MAX_TEXT = 10_000;

/** A job as it is filled in: every field is there, and '' is left open. */
export interface JobForm {
  readonly sop: string;
  readonly knowledgeBaseId: string;
  readonly knowledgeBaseDescription: string;
  readonly humanHandoffDescription: string;
  readonly voicePersonality: string;
  readonly agentId: string;
  readonly number: string;
  readonly canaryPercent: string;
}

export const EMPTY: JobForm = {
  sop: '',
  knowledgeBaseId: '',
  knowledgeBaseDescription: '',
  humanHandoffDescription: '',
  voicePersonality: '',
  agentId: '',
  number: '',
  canaryPercent: '',
};

/** A job that was begun before, to be begun again. */
export function formOf({ canaryPercent, ...input }: CreatorInput): JobForm {
  return { ...EMPTY, ...input, canaryPercent: canaryPercent === undefined ? '' : String(canaryPercent) };
}

/** What is sent. A number that is none is sent as it was typed, so that the API names the field that it refuses. */
export function bodyOf(form: JobForm, toE164: (text: string) => string | undefined): CreatorInput {
  const { sop, canaryPercent, number, ...texts } = form;
  const given = Object.fromEntries(Object.entries(texts).filter(([, text]) => text.trim() !== ''));
  return {
    ...given,
    sop,
    ...(number.trim() !== '' && { number: toE164(number) ?? number.trim() }),
    ...(canaryPercent.trim() !== '' && { canaryPercent: figureOf(canaryPercent) }),
  };
}

/** No figure is 0, which the API refuses by the field's name. */
function figureOf(text: string): number {
  const figure = Number(text);
  return Number.isFinite(figure) ? figure : 0;
}
