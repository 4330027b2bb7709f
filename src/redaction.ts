const HIDDEN = '[redacted]';

/** Names after which a secret stands: `password=…`, `"apiKey": "…"`, `client_secret: …`. */
const SECRET_NAME =
  '(?:passw(?:or)?d|pwd|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential|signature|authorization)[A-Za-z0-9_.-]{0,40}';
const SECRET_FIELD = new RegExp(SECRET_NAME, 'i');
const MIN_SECRET = 4;
const BEFORE_VALUE = String.raw`\\?["']?\s{0,10}[:=]\s{0,10}\\?["']?`;
const VALUE = String.raw`(?!\[redacted)[^\s"'\\,;&{}]{${MIN_SECRET},}`;

/** Lengths are bounded where a pattern could otherwise look at the same text again and again. */
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|$)/g, HIDDEN],
  [/\b(Bearer|Basic)\s{1,10}[A-Za-z0-9._~+/=-]{6,}/gi, `$1 ${HIDDEN}`],
  [/\beyJ[A-Za-z0-9_-]{5,4000}\.[A-Za-z0-9_-]{5,4000}(?:\.[A-Za-z0-9_-]*)?/g, HIDDEN],
  [/\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{12,}\b/g, HIDDEN],
  [/\b(?:sk|pk|rk)[-_][A-Za-z0-9_-]{8,}/g, HIDDEN],
  [/\b(?:gh[pousr]_|github_pat_|xox[abprs]-|glpat-)[A-Za-z0-9_-]{8,}/g, HIDDEN],
  [/(:\/\/[^\s/:@]{1,200}:)[^\s/@]{1,200}@/g, `$1${HIDDEN}@`],
  [new RegExp(`(${SECRET_NAME}${BEFORE_VALUE})${VALUE}`, 'gi'), `$1${HIDDEN}`],
];

/** The text without what looks like keys, tokens and passwords. For what is written down, and for words of errors. */
export function redacted(text: string): string {
  return PATTERNS.reduce((rest, [pattern, replacement]) => rest.replace(pattern, replacement), text);
}

type Fields = Readonly<Record<string, unknown>>;

/** Deeper than that nobody reads. */
const MAX_DEPTH = 32;

/** The same of JSON: of every text in it, and whole where a text stands under a name like `password`. */
export function redactedFields(fields: Fields, depth = 0): Fields {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, redactedField(name, value, depth)]));
}

function redactedField(name: string, value: unknown, depth: number): unknown {
  const isSecret = typeof value === 'string' && value.length >= MIN_SECRET && SECRET_FIELD.test(name);
  return isSecret ? HIDDEN : redactedValue(value, depth);
}

function redactedValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return redacted(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth === MAX_DEPTH) return '(left out: nested too deeply)';
  if (Array.isArray(value)) return value.map((item) => redactedValue(item, depth + 1));
  return redactedFields(value as Fields, depth + 1);
}
