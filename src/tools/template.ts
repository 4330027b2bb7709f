/** What a payload may mention of the call and of the tool's input. */
export interface TemplateValues {
  readonly input: Readonly<Record<string, unknown>>;
  readonly callSid: string;
  readonly sessionId: string;
  readonly caller: string;
  readonly called: string;
  readonly variables: Readonly<Record<string, string>>;
}

const PLACEHOLDER = /\{\{\s*([^{}]*?)\s*\}\}/g;
const WHOLE = /^\{\{\s*([^{}]*?)\s*\}\}$/;

/**
 * The template with `{{input.x}}`, `{{variables.x}}`, `{{caller}}` and the like filled in. A string that is nothing but
 * one placeholder becomes the value itself, number, list or object; a field whose value is missing is left out. What
 * was filled in is not looked at again.
 */
export function filled(template: unknown, values: TemplateValues): unknown {
  if (typeof template === 'string') return filledText(template, values);
  if (Array.isArray(template)) return template.map((item) => filled(item, values) ?? null);
  if (typeof template !== 'object' || template === null) return template;
  const fields = Object.entries(template).map(([name, value]) => [name, filled(value, values)] as const);
  return Object.fromEntries(fields.filter(([, value]) => value !== undefined));
}

function filledText(text: string, values: TemplateValues): unknown {
  const whole = WHOLE.exec(text)?.[1];
  if (whole !== undefined) return valueAt(whole, values);
  return text.replace(PLACEHOLDER, (_, name: string) => {
    const value = valueAt(name, values);
    if (value === undefined || value === null) return '';
    return typeof value === 'object' ? JSON.stringify(value) : String(value);
  });
}

function valueAt(name: string, values: TemplateValues): unknown {
  let value: unknown = values;
  for (const part of name.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = Reflect.get(value, part);
  }
  return value;
}

/** The fields of the input that the template mentions, each once, and whether something within the field is meant. */
export function inputsOf(template: unknown): ReadonlyMap<string, { isNested: boolean }> {
  const fields = new Map<string, { isNested: boolean }>();
  for (const [, name = ''] of (JSON.stringify(template) ?? '').matchAll(PLACEHOLDER)) {
    const [root, field, within] = name.split('.');
    if (root === 'input' && field) fields.set(field, { isNested: within !== undefined });
  }
  return fields;
}
