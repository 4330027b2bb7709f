import { sentencesOf } from './sop.js';
import { collapsed } from './words.js';

/** Ways of speaking to whoever makes or reviews an agent. */
const ADDRESSES: readonly RegExp[] = [
  /\b(?:ignore|disregard|forget|override|bypass)\b[^.]{0,40}\b(?:instructions?|prompts?|rules|guidelines|checks?|gates?|review)\b/i,
  /\b(?:notes?|message|instructions?|attention|important)\W+(?:to|for)?\W*(?:the |any |all )?(?:\w+ )?(?:reviewers?|authors?|models?|ai|llm|assistant|planner|code generator)\b/i,
  /\b(?:reviewers?|llm|language model|ai model)\b[^.]{0,60}\b(?:approve|accept|ignore|skip|must|should|shall|pass|score|do not)\b/i,
  /\b(?:approve|accept|pass|wave through)\b[^.]{0,30}\b(?:this|the|every|any) (?:plan|code|prompt|program|draft|agent|artefact)\b/i,
  /\b(?:as an ai|system prompt|jailbreak|developer mode|you are (?:now )?(?:an? |the )?(?:ai|language model|llm|chatgpt|claude|nova|unrestricted))\b/i,
  /\b(?:set|mark|return|answer)\b[^.]{0,30}\bapproved?\b[^.]{0,15}\b(?:true|yes)\b/i,
  /\b(?:ignorier\w*|vergiss|vergessen Sie)\b[^.]{0,40}\b(?:anweisung\w*|regeln|prompt)\b/i,
  /\b(?:prüfer|gutachter)\b[^.]{0,60}\b(?:genehmig\w*|freigeben|zustimmen)\b/i,
  /\b(?:ignor[ae]\w*|olvid[ae]\w*)\b[^.]{0,40}\b(?:instrucciones|reglas|indicaciones)\b/i,
  /\b(?:revisor\w*)\b[^.]{0,60}\b(?:aprueb\w*|aprobar)\b/i,
];

export const isSuspicious = (text: string) => ADDRESSES.some((pattern) => pattern.test(text));

/** The sentences of a procedure that speak to its makers, in their order. */
export function suspiciousIn(sop: string): string[] {
  const found = sop.split(/\n\s*\n|\n(?=\s*(?:[-*+•#|]|\(?\w{1,3}[.)])\s)/).flatMap((block) =>
    sentencesOf(block)
      .map(({ start, end }) => collapsed(block.slice(start, end)).slice(0, 3900))
      .filter(isSuspicious),
  );
  return [...new Set(found)].slice(0, 50);
}
