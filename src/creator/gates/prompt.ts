import { unknownVariables } from '../../directory/prompt.js';
import type { AgentPrompt, Clause, Finding, Requirements } from '../artefacts.js';
import { Findings, type Tell } from './findings.js';

const MAX_CHARACTERS = 40_000;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const UNFIT = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u{202A}-\u{202E}\u{2066}-\u{2069}\u{FEFF}]|\p{Surrogate}/u;

/** The prompts say word for word when a person is needed and what is forbidden, and ask for nothing that a call does not know. */
export function checkPrompt({ fullPrompt, voicePrompt }: AgentPrompt, { clauses }: Requirements): Finding[] {
  const findings = new Findings('prompt');
  checkText('fullPrompt', fullPrompt, findings.tell);
  checkText('voicePrompt', voicePrompt, findings.tell);
  const full = comparable(fullPrompt);
  const voice = comparable(voicePrompt);
  for (const clause of clauses) {
    if (clause.kind === 'escalation') {
      if (!full.includes(comparable(clause.quote))) missing('escalation-missing', clause, 'fullPrompt', findings.tell);
      if (!voice.includes(comparable(clause.quote)))
        missing('escalation-missing', clause, 'voicePrompt', findings.tell);
    } else if (clause.kind === 'prohibition' && !full.includes(comparable(clause.quote))) {
      missing('prohibition-missing', clause, 'fullPrompt', findings.tell);
    }
  }
  return findings.all;
}

function checkText(name: string, text: string, tell: Tell): void {
  if (text.trim() === '') tell('prompt-empty', null, `${name} is empty.`);
  if (text.length > MAX_CHARACTERS) {
    tell('prompt-too-long', null, `${name} has ${text.length} characters; there may be ${MAX_CHARACTERS}.`);
  }
  if (UNFIT.test(text)) tell('control-character', null, `There is a control character or half a character in ${name}.`);
  for (const variable of unknownVariables(text)) {
    tell(
      'unknown-variable',
      null,
      `{{${variable}}} in ${name} is filled by nothing. There are {{caller}}, {{called}} and {{now}}.`,
    );
  }
}

function missing(rule: string, { id, quote }: Clause, where: string, tell: Tell): void {
  tell(rule, null, `${where} has to contain clause ${id} word for word: "${quote}"`);
}

/** Line breaks, blanks and capitals make no difference. */
function comparable(text: string): string {
  return text.normalize('NFC').replace(/\s+/g, ' ').trim().toLowerCase();
}
