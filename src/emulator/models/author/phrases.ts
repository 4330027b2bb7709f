import type { Spoken } from './language.js';

/** What the author's agents say around the words of a procedure. Lines of callers consist of stop words beside the subject. */
export interface Phrases {
  readonly transfer: string;
  readonly sorry: (text: string) => string;
  readonly about: (text: string) => string;
  readonly ask: (label: string) => string;
  readonly give: (label: string, value: string) => string;
  readonly noted: string;
  readonly failed: string;
  readonly more: string;
  readonly goodbye: string;
  readonly unsure: (title: string) => string;
  readonly greeting: (company: string) => string;
  readonly person: RegExp;
  readonly farewell: RegExp;
}

export const PHRASES: Readonly<Record<Spoken, Phrases>> = {
  en: {
    transfer: 'I am putting you through to a person who can help you with this.',
    sorry: (text) => `I am sorry, I cannot do that. ${text}`,
    about: (text) => `I am calling about this: ${text}`,
    ask: (label) => `For that I need your ${label}. Could you tell me, please?`,
    give: (label, value) => `My ${label} is ${value}.`,
    noted: 'I have taken care of that.',
    failed: 'I am sorry, that did not work just now. Would you like to speak with a person?',
    more: 'Is there anything else I can do for you?',
    goodbye: 'Thank you for your call. Goodbye.',
    unsure: (title) => `I can help you with ${title}. Could you tell me a little more about what you need?`,
    greeting: (company) => `Hello, this is ${company}. How can I help you?`,
    person:
      /\b(?:speak|talk|put me|connect me|transfer me|get me)\b.{0,25}\b(?:human|person|someone|somebody|supervisor|manager|representative|operator|real agent)\b|\b(?:want|need|like)\b.{0,12}\b(?:a|an|your) (?:human|person|supervisor|manager|representative|operator)\b/i,
    farewell:
      /^\W*(?:(?:ok|okay|alright|great|no|thanks?|thank you)\W+)*(?:that(?: i|')s (?:all|everything)|good ?bye|bye(?: bye)?|no,? thank(?:s| you))\b/i,
  },
  de: {
    transfer: 'Ich verbinde Sie mit einer Person, die Ihnen dabei helfen kann.',
    sorry: (text) => `Es tut mir leid, das darf ich nicht. Dazu gilt: ${text}`,
    about: (text) => `Ich rufe an wegen Folgendem: ${text}`,
    ask: (label) => `Dafür brauche ich von Ihnen: ${label}. Können Sie mir das bitte sagen?`,
    give: (label, value) => `Das ist für ${label}: ${value}.`,
    noted: 'Das habe ich erledigt.',
    failed: 'Es tut mir leid, das hat gerade nicht geklappt. Möchten Sie mit einer Person sprechen?',
    more: 'Kann ich sonst noch etwas für Sie tun?',
    goodbye: 'Vielen Dank für Ihren Anruf. Auf Wiederhören.',
    unsure: (title) => `Ich kann Ihnen helfen zum Thema ${title}. Können Sie mir etwas mehr dazu sagen?`,
    greeting: (company) => `Guten Tag, hier ist ${company}. Wie kann ich Ihnen helfen?`,
    person:
      /\b(?:mit|zu)\b.{0,20}\b(?:menschen|person|mitarbeiter\w*|vorgesetzten|kollegen)\b.{0,20}\b(?:sprechen|verbinden|reden)\b/i,
    farewell: /^\W*(?:nein,?\s+)?(?:danke,?\s+)?(?:das (?:war|ist) alles|auf wieder(?:hören|sehen)|tschüss)/i,
  },
  es: {
    transfer: 'Le paso con una persona que puede ayudarle con esto.',
    sorry: (text) => `Lo siento, no puedo hacer eso. ${text}`,
    about: (text) => `Llamo por lo siguiente: ${text}`,
    ask: (label) => `Para eso necesito: ${label}. ¿Me lo puede decir, por favor?`,
    give: (label, value) => `Mi ${label} es ${value}.`,
    noted: 'Ya está hecho.',
    failed: 'Lo siento, no ha funcionado. ¿Quiere hablar con una persona?',
    more: '¿Puedo ayudarle en algo más?',
    goodbye: 'Gracias por su llamada. Hasta luego.',
    unsure: (title) => `Puedo ayudarle con ${title}. ¿Me puede decir algo más?`,
    greeting: (company) => `Buenos días, le atiende ${company}. ¿En qué puedo ayudarle?`,
    person: /\b(?:hablar|pásame|páseme|comuníqueme)\b.{0,20}\b(?:persona|supervisor\w*|humano|agente|responsable)\b/i,
    farewell: /^\W*(?:no,?\s+)?(?:gracias,?\s+)?(?:eso es todo|nada más|adiós|hasta luego)/i,
  },
};
