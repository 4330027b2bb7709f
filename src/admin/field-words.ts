/** A fault as zod has it. */
export interface Issue {
  code?: string | undefined;
  path: readonly PropertyKey[];
  message: string;
  keys?: readonly string[] | undefined;
  errors?: readonly (readonly Issue[])[] | undefined;
  /** What is wrong with the name of a field, or with an item. */
  issues?: readonly Issue[] | undefined;
  expected?: unknown;
  values?: readonly unknown[] | undefined;
  options?: readonly unknown[] | undefined;
  origin?: string | undefined;
  minimum?: number | bigint | undefined;
  maximum?: number | bigint | undefined;
  inclusive?: boolean | undefined;
  exact?: boolean | undefined;
  format?: string | undefined;
  prefix?: string | undefined;
  divisor?: number | bigint | undefined;
}

/** How zod begins where a schema has no words of its own. Source: zod, `locales/en`. */
const ZODS_OWN = /^(Invalid |Too small: |Too big: |Unrecognized )/;

/** What is wrong with a field, in words for whoever filled it in. What a schema says in its own words stays as it is. */
export function plainWords(issue: Issue): string {
  return ZODS_OWN.test(issue.message) ? wordsFor(issue) : issue.message;
}

function wordsFor(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return typeWords(issue);
    case 'invalid_value':
      return choiceWords(issue.values);
    case 'invalid_union':
      return choiceWords(issue.options);
    case 'too_small':
      return sizeWords(issue, issue.minimum, issue.inclusive === false ? 'more than' : 'at least');
    case 'too_big':
      return sizeWords(issue, issue.maximum, issue.inclusive === false ? 'less than' : 'at most');
    case 'invalid_format':
      return formatWords(issue);
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`;
    case 'invalid_key':
    case 'invalid_element':
      return issue.issues?.[0] ? plainWords(issue.issues[0]) : 'is not valid';
    default:
      return 'is not valid';
  }
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  null: 'null',
};

function typeWords({ expected, message }: Issue): string {
  const received = /received (\S+)$/.exec(message)?.[1];
  if (received === 'undefined') return 'is missing';
  const wanted = TYPES[String(expected)];
  if (wanted === undefined) return 'is not valid';
  const given = received === undefined || received === expected ? undefined : TYPES[received];
  // A whole number that was given another number says enough.
  return given === undefined || expected === 'int' ? `must be ${wanted}` : `must be ${wanted}, not ${given}`;
}

function choiceWords(values: readonly unknown[] = []): string {
  if (values.length === 0) return 'is not valid';
  const named = values.map((value) => JSON.stringify(value));
  return named.length === 1 ? `must be ${named[0]}` : `must be one of ${named.join(', ')}`;
}

const UNITS: Readonly<Record<string, readonly [one: string, many: string]>> = {
  string: ['character', 'characters'],
  array: ['item', 'items'],
  set: ['item', 'items'],
  map: ['field', 'fields'],
  object: ['field', 'fields'],
  record: ['field', 'fields'],
};

function sizeWords({ origin = '', exact }: Issue, size: number | bigint | undefined, bound: string): string {
  const unit = UNITS[origin];
  if (!unit) return `must be ${bound} ${size}`;
  if (origin === 'string' && Number(size) === 1 && bound === 'at least') return 'must not be empty';
  return `must have ${exact === true ? 'exactly' : bound} ${size} ${unit[Number(size) === 1 ? 0 : 1]}`;
}

const FORMATS: Readonly<Record<string, string>> = {
  datetime: 'must be a moment such as 2026-01-31T09:00:00Z',
  date: 'must be a day such as 2026-01-31',
  time: 'must be a time such as 09:00',
  url: 'must be an address such as https://example.com/path',
  email: 'must be an e-mail address',
  uuid: 'must be a UUID',
};

function formatWords({ format = '', prefix }: Issue): string {
  if (format === 'starts_with') return `must begin with ${JSON.stringify(prefix)}`;
  return FORMATS[format] ?? 'is not written as it should be';
}
