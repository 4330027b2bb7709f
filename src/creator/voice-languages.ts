/**
 * What each voice speaks. Those that speak several are counted under their own: a voice of the language is what callers are
 * used to. Source: Amazon Nova user guide "Available voices" (first generation) and Nova 2 user guide "Language support".
 */
const LANGUAGES: Readonly<Record<string, readonly string[]>> = {
  tiffany: ['en'],
  matthew: ['en'],
  amy: ['en'],
  olivia: ['en'],
  kiara: ['en', 'hi'],
  arjun: ['en', 'hi'],
  ambre: ['fr'],
  florian: ['fr'],
  beatrice: ['it'],
  lorenzo: ['it'],
  tina: ['de'],
  greta: ['de'],
  lennart: ['de'],
  lupe: ['es'],
  carlos: ['es'],
  carolina: ['pt'],
  leo: ['pt'],
};

/** Why no agent can speak a language with these voices, in words; undefined when one can, or when the tag names none. */
export function whyUnspoken(tag: string, voices: readonly string[]): string | undefined {
  const language = languageOf(tag);
  const spoken = new Set(voices.flatMap((voice) => LANGUAGES[voice] ?? []));
  if (language === undefined || spoken.has(language)) return undefined;
  const names = new Intl.DisplayNames('en', { type: 'language' });
  const all = new Intl.ListFormat('en').format([...spoken].map((each) => names.of(each) ?? each).sort());
  return (
    `The procedure is written in ${names.of(language)} (${language}), and no voice speaks it: there are voices for ${all}. ` +
    'Write it in one of these languages, which its callers speak, and begin again.'
  );
}

/** "pt" of "pt-BR"; undefined for what is no tag of a language. */
function languageOf(tag: string): string | undefined {
  const [, language] = /^([a-z]{2,3})(?:[-_]|$)/i.exec(tag.trim()) ?? [];
  if (language === undefined || language.toLowerCase() === 'und') return undefined;
  return new Intl.Locale(language).language;
}
