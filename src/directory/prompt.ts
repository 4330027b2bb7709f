/** What a prompt or greeting may mention of the call it is used in. */
export interface PromptValues {
  caller: string;
  called: string;
  /** The moment of the call, epoch milliseconds. */
  nowMs: number;
  /** IANA name, as of the number that was dialled. */
  timeZone: string;
  variables: Readonly<Record<string, string>>;
}

const VARIABLE = /\{\{\s*([^{}]*?)\s*\}\}/g;
const NAMED_VARIABLE = /^variables\.([A-Za-z0-9_-]+)$/;

/** Names between double braces that no call can fill, in the order of their appearance, each once. */
export function unknownVariables(text: string): string[] {
  const unknown = new Set<string>();
  for (const [, name = ''] of text.matchAll(VARIABLE)) {
    if (!['caller', 'called', 'now'].includes(name) && !NAMED_VARIABLE.test(name)) unknown.add(name);
  }
  return [...unknown];
}

/** Puts the values of a call in. A variable that the call does not carry becomes nothing. */
export function fillPrompt(text: string, values: PromptValues): string {
  return text.replace(VARIABLE, (whole, name: string) => {
    switch (name) {
      case 'caller':
        return values.caller;
      case 'called':
        return values.called;
      case 'now':
        return spokenTime(values.nowMs, values.timeZone);
      default: {
        const variable = NAMED_VARIABLE.exec(name)?.[1];
        if (variable === undefined) return whole;
        return Object.hasOwn(values.variables, variable) ? (values.variables[variable] ?? '') : '';
      }
    }
  });
}

function spokenTime(nowMs: number, timeZone: string): string {
  return new Intl.DateTimeFormat('en-US', { dateStyle: 'full', timeStyle: 'short', timeZone }).format(nowMs);
}
