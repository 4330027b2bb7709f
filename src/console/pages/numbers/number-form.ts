import type { ListedNumber, PhoneNumber } from '../../api/types.ts';

export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Day = (typeof DAYS)[number];

/** What the API takes for a number. */
export type NumberBody = Omit<PhoneNumber, 'number' | 'version' | 'updatedAt'>;
type Target = NonNullable<NumberBody['fallback']>;

/** Where a caller goes, as it is filled in: what was typed for the other way is not lost on changing one's mind. */
export interface TargetForm {
  readonly kind: 'none' | 'dial' | 'say';
  readonly dial: string;
  /** Said before it rings there; '' leaves that to the bridge. */
  readonly sayFirst: string;
  readonly say: string;
}

export interface OpenForm {
  readonly days: readonly Day[];
  readonly from: string;
  readonly to: string;
}

/** A number as it is filled in: every field is there, figures are text, and '' is left open. */
export interface NumberForm {
  readonly agentId: string;
  readonly agentVersion: string;
  readonly canaryVersion: string;
  readonly canaryPercent: string;
  readonly fallback: TargetForm;
  readonly overflow: TargetForm;
  readonly notice: string;
  readonly recording: boolean;
  readonly hasHours: boolean;
  readonly open: readonly OpenForm[];
  /** Dates, apart by spaces, commas or lines. */
  readonly closedOn: string;
  readonly closed: TargetForm;
  readonly timeZone: string;
  readonly retentionDays: string;
  readonly maxConcurrent: string;
  readonly maxMinutesPerDay: string;
  readonly webhookUrl: string;
}

const NO_TARGET: TargetForm = { kind: 'none', dial: '', sayFirst: '', say: '' };
export const OFFICE_HOURS: OpenForm = { days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '09:00', to: '17:00' };

/** `timeZone` is that of a number that nobody has assigned yet. */
export function emptyForm(timeZone: string): NumberForm {
  return {
    agentId: '',
    agentVersion: '',
    canaryVersion: '',
    canaryPercent: '',
    fallback: NO_TARGET,
    overflow: NO_TARGET,
    notice: '',
    recording: false,
    hasHours: false,
    open: [OFFICE_HOURS],
    closedOn: '',
    closed: { ...NO_TARGET, kind: 'say' },
    timeZone,
    retentionDays: '',
    maxConcurrent: '',
    maxMinutesPerDay: '',
    webhookUrl: '',
  };
}

/** A number as it is filled in. */
export function formOf(number: NumberBody): NumberForm {
  const { hours } = number;
  return {
    ...emptyForm(number.timeZone),
    agentId: number.agentId,
    agentVersion: textOf(number.agentVersion),
    canaryVersion: textOf(number.canary?.agentVersion),
    canaryPercent: textOf(number.canary?.percent),
    fallback: targetFormOf(number.fallback),
    overflow: targetFormOf(number.overflow),
    notice: number.notice ?? '',
    recording: number.recording,
    ...(hours && {
      hasHours: true,
      open: hours.open,
      closedOn: hours.closedOn.join(' '),
      closed: targetFormOf(hours.closed),
    }),
    retentionDays: textOf(number.retentionDays),
    maxConcurrent: textOf(number.maxConcurrent),
    maxMinutesPerDay: textOf(number.maxMinutesPerDay),
    webhookUrl: number.webhookUrl ?? '',
  };
}

/**
 * What is sent. Telephone numbers go through `toE164`; what is none is sent as it was typed, so that the API names the field
 * that it refuses.
 */
export function bodyOf(form: NumberForm, toE164: (text: string) => string | undefined): NumberBody {
  const target = ({ kind, dial, sayFirst, say }: TargetForm): Target | undefined => {
    if (kind === 'none') return undefined;
    if (kind === 'say') return { say: say.trim() };
    return { dial: toE164(dial) ?? dial.trim(), ...(sayFirst.trim() !== '' && { sayFirst: sayFirst.trim() }) };
  };
  const [fallback, overflow] = [target(form.fallback), target(form.overflow)];
  const hasCanary = form.canaryVersion !== '' || form.canaryPercent !== '';
  return {
    agentId: form.agentId,
    ...given('agentVersion', form.agentVersion),
    ...(hasCanary && {
      canary: { agentVersion: figureOf(form.canaryVersion), percent: figureOf(form.canaryPercent) },
    }),
    ...(fallback && { fallback }),
    ...(overflow && { overflow }),
    ...(form.notice.trim() !== '' && { notice: form.notice.trim() }),
    recording: form.recording,
    ...(form.hasHours && {
      hours: {
        open: form.open.map(({ days, from, to }) => ({ days: DAYS.filter((day) => days.includes(day)), from, to })),
        closedOn: datesOf(form.closedOn),
        closed: target(form.closed) ?? { say: '' },
      },
    }),
    timeZone: form.timeZone,
    ...given('retentionDays', form.retentionDays),
    ...given('maxConcurrent', form.maxConcurrent),
    ...given('maxMinutesPerDay', form.maxMinutesPerDay),
    ...(form.webhookUrl.trim() !== '' && { webhookUrl: form.webhookUrl.trim() }),
  };
}

/** A number without what the bridge adds to it. */
export function bodyOfNumber(number: ListedNumber): NumberBody {
  const { number: _number, version: _version, updatedAt: _updatedAt, ...rest } = number;
  const { lastCallAt: _at, lastCallSid: _callSid, carrier: _carrier, ...body } = rest;
  return body;
}

export function datesOf(text: string): string[] {
  return text.split(/[\s,;]+/).filter((date) => date !== '');
}

/** What is wrong with a field or anything below it. */
export function problemAt(errors: Readonly<Record<string, string>>, path: string): string | undefined {
  return errors[path] ?? Object.entries(errors).find(([field]) => field.startsWith(`${path}.`))?.[1];
}

function given<Name extends string>(name: Name, text: string): Partial<Record<Name, number>> {
  return text === '' ? {} : ({ [name]: figureOf(text) } as Record<Name, number>);
}

/** No figure is 0, which the API refuses by the field's name. */
function figureOf(text: string): number {
  const figure = Number(text);
  return Number.isFinite(figure) ? figure : 0;
}

function textOf(figure: number | undefined): string {
  return figure === undefined ? '' : String(figure);
}

function targetFormOf(target: Target | undefined): TargetForm {
  if (!target) return NO_TARGET;
  return 'dial' in target
    ? { ...NO_TARGET, kind: 'dial', dial: target.dial, sayFirst: target.sayFirst ?? '' }
    : { ...NO_TARGET, kind: 'say', say: target.say };
}
