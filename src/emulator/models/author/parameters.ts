import { asciiOf } from './ascii.js';
import type { Parameter } from './types.js';

/** What kind of value a parameter takes, by its name. */
export type ValueKind =
  | 'code'
  | 'plate'
  | 'date'
  | 'time'
  | 'email'
  | 'phone'
  | 'name'
  | 'address'
  | 'amount'
  | 'words';

const KINDS: readonly (readonly [ValueKind, RegExp])[] = [
  ['phone', /phone|telefon|mobile/],
  ['plate', /plate|kennzeichen|matricula/],
  ['email', /email|correo/],
  ['date', /date|datum|fecha|birth/],
  ['time', /(?:^|_)(?:time|uhrzeit|hora)(?:_|$)/],
  ['code', /number|nummer|numero|code|reference|postcode|(?:^|_)id(?:_|$)/],
  ['name', /(?:^|_)(?:name|nombre)(?:_|$)/],
  ['address', /address|adresse|direccion/],
  ['amount', /amount|quantity|party_size|count|betrag|anzahl|importe|cantidad/],
];

export const valueKindOf = (name: string): ValueKind => KINDS.find(([, pattern]) => pattern.test(name))?.[0] ?? 'words';

/** As a caller would name it. */
export const labelOf = (name: string) => name.replace(/_/g, ' ').replace(/\bemail\b/, 'e-mail address');

const NOT_A_NAME =
  'the|a|an|any|this|that|their|his|her|its|your|our|and|or|by|for|with|same|correct|right|no|whose|number|of|valid|as|new|on|in|at|is|if|full|ask|give|read|back|confirm|check|verify';
const FIELDS: readonly { readonly pattern: RegExp; readonly name: (found: RegExpExecArray) => string }[] = [
  {
    pattern: new RegExp(
      `\\b(?!(?:${NOT_A_NAME})\\b)([a-z]+(?:[- ](?:card|plate|tag))?)[ -](?:number|no\\.)s?\\b`,
      'gi',
    ),
    name: ([, noun = '']) => `${noun}_number`,
  },
  {
    pattern: /\b(booking|order|ticket|case|reservation|claim|payment|job)[ -](?:reference|id|code)s?\b/gi,
    name: ([, noun = '']) => `${noun}_reference`,
  },
  { pattern: /\b(error|access|discount|promotion|voucher)[ -]codes?\b/gi, name: ([, noun = '']) => `${noun}_code` },
  { pattern: /\bdate of birth\b/gi, name: () => 'date_of_birth' },
  {
    pattern:
      /\b(?:(purchase|delivery|arrival|departure|start|end|check-in|check-out|expiry|collection) dates?|date of (purchase|delivery|arrival))\b/gi,
    name: ([, before, after]) => `${before ?? after}_date`,
  },
  { pattern: /\b(?<!up to )(?<!out of )dates?\b(?! of (?:birth|purchase|delivery|arrival))/gi, name: () => 'date' },
  { pattern: /\b(?:date and time|preferred time|time slots?|(?:a|the) time)\b/gi, name: () => 'time' },
  { pattern: /\be-?mail(?: address)?\b/gi, name: () => 'email' },
  { pattern: /(?<!e-mail )(?<!email )\baddress\b/gi, name: () => 'address' },
  { pattern: /\b(?:post ?code|zip code)\b/gi, name: () => 'postcode' },
  {
    pattern:
      /\b(?:full |first |last |family |caller'?s |customer'?s |guest'?s |patient'?s |their |the )names?\b|\bnames?(?=,| and\b| of the (?:caller|customer|guest|patient))/gi,
    name: () => 'name',
  },
  { pattern: /\blicen[cs]e plates?\b|\bregistration plates?\b/gi, name: () => 'license_plate' },
  { pattern: /\breasons?\b/gi, name: () => 'reason' },
  { pattern: /\b(?:party size|number of (?:people|persons|guests))\b/gi, name: () => 'party_size' },
  { pattern: /(?<![\p{L}\p{M}])(\p{L}+?)nummer\b/giu, name: ([, noun = '']) => `${noun}nummer` },
  { pattern: /(?<![\p{L}\p{M}])(?:Wunschtermin|Datum)(?![\p{L}\p{M}])/giu, name: () => 'datum' },
  { pattern: /\bNamen?\b(?= und\b|,| des\b| der\b)/g, name: () => 'name' },
  { pattern: /\bUhrzeit\b/gi, name: () => 'uhrzeit' },
  { pattern: /\bnúmero de (\p{L}+)/giu, name: ([, noun = '']) => `numero_de_${noun}` },
  { pattern: /\bfecha\b/gi, name: () => 'fecha' },
  { pattern: /\bhora\b/gi, name: () => 'hora' },
  { pattern: /\bnombre\b/gi, name: () => 'nombre' },
  { pattern: /\bcorreo electrónico\b/gi, name: () => 'correo' },
];

/** What the object of a tool cannot do without when its clause names nothing. */
const USUAL: readonly (readonly [RegExp, readonly string[]])[] = [
  [/identity/, ['name', 'date_of_birth']],
  [/order|refund|return|parcel|delivery|shipment/, ['order_number']],
  [/appointment|booking|reservation|visit|slot|table|room/, ['name', 'date']],
  [/account|invoice|bill|contract/, ['account_number']],
  [/permit|vehicle|parking/, ['license_plate']],
  [/prescription|refill/, ['prescription_number']],
  [/outage|interruption|meter/, ['address']],
  [/termin/, ['name', 'datum']],
  [/bestellung|sendung|lieferung/, ['bestellnummer']],
  [/pedido/, ['numero_de_pedido']],
  [/cita|reserva/, ['nombre', 'fecha']],
];
const MOST = 5;

/** What a tool has to be told: the nouns that its clause names, else what is usual for its object. */
export function parametersOf(text: string, condition: string, toolName: string): Parameter[] {
  // "If the caller does not know the number": that one cannot be asked for.
  const isLacking = /\b(?:not|no|without|lost|forgotten|never)\b/i.test(condition);
  const [, made] =
    /^(?:create|open|book|generate|register|log|raise|issue|start)_(?:.*_)?([a-z]+)$/.exec(toolName) ?? [];
  const inText = namesIn(text);
  const names = (inText.length > 0 || isLacking ? inText : namesIn(condition)).filter(
    (name, _, all) =>
      !(name === 'date' && all.some((other) => other.endsWith('_date'))) &&
      !(name === 'address' && all.includes('postcode')) &&
      // What the tool makes has no number yet.
      !(made !== undefined && name.startsWith(`${made}_`)),
  );
  const usual = USUAL.find(([pattern]) => pattern.test(toolName))?.[1] ?? ['details'];
  return (names.length > 0 ? names.slice(0, MOST) : usual).map(parameter);
}

function namesIn(text: string): string[] {
  const found = FIELDS.flatMap(({ pattern, name }) =>
    [...text.matchAll(pattern)].map((match) => ({ at: match.index, name: asciiOf(name(match)) })),
  ).sort((one, other) => one.at - other.at);
  return [...new Set(found.map(({ name }) => name).filter((name) => /^[a-z][a-z0-9_]{0,50}$/.test(name)))];
}

function parameter(name: string): Parameter {
  const isNumber = valueKindOf(name) === 'amount';
  return {
    name,
    type: isNumber ? 'number' : 'string',
    description:
      name === 'details'
        ? 'What the caller wants, in their own words.'
        : `The ${labelOf(name)}, as the caller gives it.`,
    required: true,
  };
}
