import type { Spoken } from './language.js';
import { labelOf, type ValueKind, valueKindOf } from './parameters.js';
import { isStopWord } from './words.js';

const MONTHS =
  'january|february|march|april|may|june|july|august|september|october|november|december|januar|februar|märz|mai|juni|juli|oktober|dezember|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre';
const DAYS =
  'today|tomorrow|monday|tuesday|wednesday|thursday|friday|saturday|sunday|heute|morgen|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag|hoy|mañana|lunes|martes|miércoles|jueves|viernes|sábado|domingo';
const DATE = new RegExp(
  `(?<![\\p{L}\\p{N}])(?:\\d{4}-\\d{2}-\\d{2}|\\d{1,2}[./]\\d{1,2}[./]\\d{2,4}|(?:${MONTHS}) \\d{1,2}(?:st|nd|rd|th)?(?:,? \\d{4})?|\\d{1,2}(?:st|nd|rd|th)?\\.? (?:of |de )?(?:${MONTHS})(?:(?: de|,)? \\d{4})?|(?:next )?(?:${DAYS}))(?![\\p{L}\\p{N}])`,
  'iu',
);
const TIME = /\b(?:\d{1,2}[:.]\d{2}(?:\s?[ap]\.?m\.?)?|\d{1,2}\s?(?:[ap]\.?m\b\.?|o'clock|uhr)|noon|midday)/i;
const EMAIL = /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/;
const PHONE = /\+\d[\d\s().-]{7,}\d|\b\(?\d{3}\)?[\s.-]\d{3}[\s.-]\d{4}\b/;
const PLATE = /\b[A-Z]{1,3}[- ]?\d{1,4}(?:[- ]?[A-Z]{1,3})?\b|\b\d[A-Z]{3}\d{3}\b/;
const ADDRESS =
  /\b\d{1,5}[a-z]? (?:\p{Lu}[\p{L}'-]+ )+(?:street|st|road|rd|avenue|ave|lane|drive|square|court|way|place|boulevard)\b|\b\p{Lu}[\p{L}-]*(?:straße|strasse|weg|gasse|platz) \d{1,4}[a-z]?\b|\b(?:calle|avenida|plaza) (?:\p{Lu}[\p{L}'-]+ ?)+\d{1,4}\b/iu;
const NAME =
  /(?:\bname(?: is| ist)?|\bnombre es|\bthis is|\bi am|\bi'm|\bich heiße|\bich bin|\bme llamo|\bsoy|\bmr\.?|\bmrs\.?|\bms\.?|:)\s+(\p{Lu}[\p{L}'-]+(?:\s+\p{Lu}[\p{L}'-]+){0,3})/iu;
const CODE = /[A-Z0-9]+(?:-[A-Z0-9]+)*/gi;
const DIGITS: Readonly<Record<string, string>> = {
  zero: '0',
  oh: '0',
  one: '1',
  two: '2',
  three: '3',
  four: '4',
  five: '5',
  six: '6',
  seven: '7',
  eight: '8',
  nine: '9',
  null: '0',
  eins: '1',
  zwei: '2',
  zwo: '2',
  drei: '3',
  vier: '4',
  fünf: '5',
  sechs: '6',
  sieben: '7',
  acht: '8',
  neun: '9',
  cero: '0',
  uno: '1',
  dos: '2',
  tres: '3',
  cuatro: '4',
  cinco: '5',
  seis: '6',
  siete: '7',
  ocho: '8',
  nueve: '9',
};
const SPELLED = new RegExp(
  `(?<!\\p{L})(?:(?:${Object.keys(DIGITS).join('|')})[\\s,-]+){2,}(?:${Object.keys(DIGITS).join('|')})(?!\\p{L})`,
  'giu',
);

/** What a line of the caller says of these parameters. What was asked for just before may be said without its name. */
export function valuesIn(line: string, names: readonly string[], isAsked = false): Record<string, string | number> {
  let text = line.replace(SPELLED, (words) =>
    words
      .split(/[\s,-]+/)
      .map((word) => DIGITS[word.toLowerCase()] ?? '')
      .join(''),
  );
  const values: Record<string, string | number> = {};
  const take = (name: string, found: string | undefined, value = found) => {
    if (found === undefined || found === '' || value === undefined) return;
    values[name] = value.trim();
    text = text.replace(found, ' ');
  };
  // What has an unmistakable form first, so that its digits are not taken for a number.
  const order: readonly ValueKind[] = [
    'email',
    'phone',
    'date',
    'time',
    'address',
    'plate',
    'name',
    'code',
    'amount',
    'words',
  ];
  const sorted = [...names].sort((one, other) => order.indexOf(valueKindOf(one)) - order.indexOf(valueKindOf(other)));
  for (const name of sorted.filter((name) => valueKindOf(name) === 'code')) take(name, labelledCode(text, name));
  for (const name of sorted.filter((name) => !(name in values))) {
    switch (valueKindOf(name)) {
      case 'email':
        take(name, EMAIL.exec(text)?.[0]);
        break;
      case 'phone':
        take(name, PHONE.exec(text)?.[0]);
        break;
      case 'date':
        take(name, DATE.exec(text)?.[0]);
        break;
      case 'time':
        take(name, TIME.exec(text)?.[0]);
        break;
      case 'address':
        take(name, ADDRESS.exec(text)?.[0] ?? (isAsked && /\d/.test(text) ? text : undefined));
        break;
      case 'plate':
        take(name, PLATE.exec(text)?.[0]);
        break;
      case 'name':
        take(name, nameIn(text, isAsked));
        break;
      case 'code':
        take(
          name,
          [...text.matchAll(CODE)].map(([code]) => code).find((code) => /\d/.test(code) && code.length >= 4),
        );
        break;
      case 'amount': {
        const amount = /\d+(?:[.,]\d+)?/.exec(text)?.[0];
        take(name, amount);
        if (amount !== undefined) values[name] = Number(amount.replace(',', '.'));
        break;
      }
      case 'words':
        values[name] = line.trim();
        break;
    }
  }
  return values;
}

function labelledCode(text: string, name: string): string | undefined {
  const words = labelOf(name).split(' ').join('[ -]');
  const [, code] =
    new RegExp(`\\b${words}\\W*(?:is|was|ist|lautet|es)?\\W*([a-z0-9-]*\\d[a-z0-9-]*)`, 'iu').exec(text) ?? [];
  return code;
}

function nameIn(text: string, isAsked: boolean): string | undefined {
  const [, name] = NAME.exec(text) ?? [];
  // The pattern ignores capitals of what leads to a name, not those of the name.
  const capitals = /^(?:\p{Lu}[\p{L}'-]+\s*)+/u.exec(name ?? '')?.[0].trim();
  if (capitals) return capitals;
  const [alone] = /^(?:\p{Lu}[\p{L}'-]+\s+){1,3}\p{Lu}[\p{L}'-]+|^\p{Lu}[\p{L}'-]+(?=\W*$)/u.exec(text.trim()) ?? [];
  if (isAsked && alone !== undefined) return alone;
  const [, spoken] = /\bname is (\p{L}+(?: \p{L}+)?)/iu.exec(text) ?? [];
  if (spoken !== undefined) return spoken;
  const words = text.replace(/[^\p{L}\s'-]/gu, ' ').trim();
  const parts = words.split(/\s+/);
  return isAsked && words !== '' && parts.length <= 3 && !parts.some((part) => isStopWord(part.toLowerCase()))
    ? words
    : undefined;
}

const SAMPLES: Readonly<Record<Exclude<ValueKind, 'code' | 'words'>, Readonly<Record<Spoken, string>>>> = {
  plate: { en: 'KLM-482', de: 'KLM-482', es: 'KLM-482' },
  date: { en: 'March 3', de: '3. März', es: '3 de marzo' },
  time: { en: '10:30', de: '10:30', es: '10:30' },
  email: { en: 'robin@example.com', de: 'robin@example.com', es: 'robin@example.com' },
  phone: { en: '+14155550123', de: '+14155550123', es: '+14155550123' },
  name: { en: 'Robin Miller', de: 'Robin Müller', es: 'Robin Molina' },
  address: { en: '12 Mill Street', de: 'Mühlweg 12', es: 'Calle Mayor 12' },
  amount: { en: '2', de: '2', es: '2' },
};

/** What an invented caller gives for a parameter; undefined where their own words do. */
export function sampleOf(name: string, position: number, spoken: Spoken): string | undefined {
  const kind = valueKindOf(name);
  if (kind === 'words') return undefined;
  return kind === 'code' ? String(48213 + 1111 * position) : SAMPLES[kind][spoken];
}
