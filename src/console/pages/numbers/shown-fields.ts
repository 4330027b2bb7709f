import { shownNumber } from '../../parts/format.ts';
import { hoursText } from './hours-text.ts';
import type { NumberBody } from './number-form.ts';

export type NumberField = keyof NumberBody;

const NAMES: Readonly<Record<NumberField, string>> = {
  agentId: 'Agent',
  agentVersion: 'Version',
  canary: 'Canary',
  fallback: 'Fallback',
  overflow: 'Overflow',
  notice: 'Notice',
  recording: 'Recording',
  hours: 'Hours',
  timeZone: 'Time zone',
  retentionDays: 'Days that calls are kept',
  maxConcurrent: 'Calls at once',
  maxMinutesPerDay: 'Minutes a day',
  webhookUrl: 'Webhook address',
};

export function nameOf(field: NumberField): string {
  return NAMES[field] ?? field;
}

/** A field of a number in words. `value` is that field's. */
export function shownField(field: NumberField, value: unknown): string {
  if (value === undefined || value === null) return field === 'agentVersion' ? 'latest' : 'not set';
  if (field === 'fallback' || field === 'overflow') return shownTarget(value as NumberBody['fallback']);
  if (field === 'canary') return shownCanary(value as NumberBody['canary']);
  if (field === 'agentVersion') return `v${String(value)}`;
  if (field === 'recording') return value === true ? 'on' : 'off';
  if (field === 'hours') {
    const { open, closedOn, closed } = value as NonNullable<NumberBody['hours']>;
    const days = closedOn.length > 0 ? `; closed on ${closedOn.join(', ')}` : '';
    return `${hoursText(open)}${days}; else ${shownTarget(closed)}`;
  }
  return String(value);
}

/** `dial +1 415 555 0100`, `say “One moment.”, then dial +1 415 555 0100`, `say “We are closed.”`. */
export function shownTarget(target: NumberBody['fallback']): string {
  if (!target) return '';
  if ('say' in target) return `say “${target.say}”`;
  const first = target.sayFirst === undefined ? '' : `say “${target.sayFirst}”, then `;
  return `${first}dial ${shownNumber(target.dial)}`;
}

export function shownCanary(canary: NumberBody['canary']): string {
  return canary ? `v${canary.agentVersion} ${canary.percent} %` : '';
}
