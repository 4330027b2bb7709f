import { type Documents, neededJson } from './documents.js';
import { spokenLanguage } from './language.js';
import { PHRASES } from './phrases.js';
import type { Requirements, Voice } from './types.js';
import { collapsed, shortened } from './words.js';

/** Who the voices are. Source: Amazon Nova 2 user guide, "Language support". */
const VOICES: Readonly<
  Record<string, { readonly language: string; readonly isWoman: boolean; readonly accent?: RegExp }>
> = {
  matthew: { language: 'en', isWoman: false },
  tiffany: { language: 'en', isWoman: true },
  amy: { language: 'en', isWoman: true, accent: /\b(?:british|uk|london|english accent|england)\b/i },
  olivia: { language: 'en', isWoman: true, accent: /\baustralian?\b/i },
  kiara: { language: 'en', isWoman: true, accent: /\bindian?\b|\bhindi\b/i },
  arjun: { language: 'en', isWoman: false, accent: /\bindian?\b|\bhindi\b/i },
  ambre: { language: 'fr', isWoman: true },
  florian: { language: 'fr', isWoman: false },
  beatrice: { language: 'it', isWoman: true },
  lorenzo: { language: 'it', isWoman: false },
  greta: { language: 'de', isWoman: true },
  tina: { language: 'de', isWoman: true },
  lennart: { language: 'de', isWoman: false },
  lupe: { language: 'es', isWoman: true },
  carlos: { language: 'es', isWoman: false },
  carolina: { language: 'pt', isWoman: true },
  leo: { language: 'pt', isWoman: false },
};
const WOMAN = /\b(?:female|woman|women|lady|she|her|weiblich\w*|frau|femenin\w*|mujer|señora)\b/i;
const MAN = /\b(?:male|man|gentleman|he|his|männlich\w*|mann|masculin\w*|hombre|señor)\b/i;
const SLOW = /\b(?:slow\w*|calm\w*|patient\w*|unhurried|langsam\w*|ruhig\w*|despacio|tranquil\w*|pausad\w*)\b/i;
const FAST = /\b(?:fast|quick\w*|brisk\w*|lively|energetic|schnell\w*|zügig\w*|rápid\w*|ágil)\b/i;

/** The voice, by the words of the personality; without any, by the language of the procedure. */
export function chooseVoice(documents: Documents): Voice {
  const { title, purpose, language } = neededJson<Requirements>(documents, 'requirements');
  const voices = voiceIdsOf(neededJson<readonly unknown[]>(documents, 'voices'));
  const personality = collapsed(documents.get('voice-personality') ?? '');
  const spoken = spokenLanguage(language);
  return {
    voiceId: voiceFor(personality, language, voices),
    tone: shortened(personality === '' ? 'Friendly and to the point.' : personality, 290),
    pace: SLOW.test(personality)
      ? 'Slow and calm.'
      : FAST.test(personality)
        ? 'Brisk.'
        : 'As in a normal conversation.',
    greeting: PHRASES[spoken].greeting(shortened(companyIn(purpose) ?? companyIn(title) ?? title, 200)),
    style: ['One question at a time.', 'Short sentences that can be spoken.', 'Numbers are read back digit by digit.'],
  };
}

function voiceFor(personality: string, language: string, voices: readonly string[]): string {
  const named = voices.find((voice) => new RegExp(`\\b${voice}\\b`, 'i').test(personality));
  if (named !== undefined) return named;
  const wantsWoman = WOMAN.test(personality);
  const wantsMan = !wantsWoman && MAN.test(personality);
  const scoreOf = (voice: string) => {
    const who = VOICES[voice];
    if (!who) return 0;
    const speaks = who.language === language.split('-')[0] ? 8 : who.language === 'en' ? 1 : 0;
    const accent = who.accent ? (who.accent.test(personality) ? 2 : -1) : 0;
    const gender = (wantsWoman && who.isWoman) || (wantsMan && !who.isWoman) ? 4 : 0;
    return speaks + accent + gender;
  };
  const order = [...voices].sort((one, other) => scoreOf(other) - scoreOf(one));
  return order[0] ?? 'matthew';
}

/** Ids as they are, or of objects that describe voices. */
function voiceIdsOf(voices: readonly unknown[]): string[] {
  return voices.flatMap((voice) => {
    if (typeof voice === 'string') return voice;
    const { id, voiceId } = (typeof voice === 'object' && voice !== null ? voice : {}) as {
      id?: unknown;
      voiceId?: unknown;
    };
    return [voiceId, id].filter((name) => typeof name === 'string').slice(0, 1) as string[];
  });
}

/** A name of two words or more in capitals, or one after "at", "of" or "bei". */
export function companyIn(text: string): string | undefined {
  const [, after] =
    /\b(?:at|of|for|from|bei|von|der|de|en)\s+((?:the\s+)?\p{Lu}[\p{L}'&-]+(?:\s+(?:&\s+|and\s+|de\s+)?\p{Lu}[\p{L}'&-]+)*)/u.exec(
      text,
    ) ?? [];
  if (after !== undefined) return after;
  return /^\p{Lu}[\p{L}'&-]+(?:\s+(?:&\s+)?\p{Lu}[\p{L}'&-]+)+/u
    .exec(text)?.[0]
    .replace(/^(?:Die|Der|Das|El|La|Los|Las) /, (article) => article.toLowerCase());
}
