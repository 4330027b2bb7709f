/** The languages that the author speaks; others are recognized, and answered in English. */
export type Spoken = 'en' | 'de' | 'es';

const COMMON: Readonly<Record<string, string>> = {
  en: 'the of and to is in for on with are be by or if that this an at as not when from customer caller your you within must never do',
  de: 'der die das und ist nicht mit den von zu ein eine für auf sie im wenn dem des sich werden wird oder bei nach kunde anrufer kunden nie innerhalb',
  es: 'el la los las de y que en un una por con para del se no si su al es lo cliente llamada nunca siempre cuando dentro debe',
  fr: "le la les des et est dans un une pour que qui sur pas ne au vous avec du jamais toujours client appel si l'appelant",
  it: 'il lo gli di e che in un una per con del non si al è le della cliente sempre mai entro chiamata',
  pt: 'o os as de e que em um uma por com para do da não se ao é cliente sempre nunca dentro chamada você',
};

/** BCP 47 tag of the language whose small words are most frequent; English when there are none. */
export function languageOf(text: string): string {
  const counts = new Map<string, number>();
  for (const [word] of text.toLowerCase().matchAll(/[\p{L}']+/gu)) counts.set(word, (counts.get(word) ?? 0) + 1);
  let best = { tag: 'en', score: 0 };
  for (const [tag, words] of Object.entries(COMMON)) {
    const score = words.split(' ').reduce((sum, word) => sum + (counts.get(word) ?? 0), 0);
    if (score > best.score) best = { tag, score };
  }
  return best.tag;
}

export function spokenLanguage(tag: string): Spoken {
  const [language] = tag.toLowerCase().split('-');
  return language === 'de' || language === 'es' ? language : 'en';
}
