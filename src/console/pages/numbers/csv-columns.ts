import type { PhoneNumber } from '../../api/types.ts';
import { hoursText } from './hours-text.ts';
import type { NumberBody } from './number-form.ts';

/** Every column of an exported file. `agentName` is for people; read when there is no `agentId`. */
export const COLUMNS = [
  'number',
  'agentId',
  'agentName',
  'agentVersion',
  'canaryVersion',
  'canaryPercent',
  'fallbackDial',
  'fallbackSay',
  'overflowDial',
  'overflowSay',
  'notice',
  'recording',
  'hours',
  'closedOn',
  'closedDial',
  'closedSay',
  'timeZone',
  'retentionDays',
  'maxConcurrent',
  'maxMinutesPerDay',
  'webhookUrl',
] as const;
export type Column = (typeof COLUMNS)[number];
export type CsvRecord = Readonly<Partial<Record<Column, string>>>;

/** What a spreadsheet would take for a formula; telephone numbers are none. */
export const FORMULA = /^(?:[=@\t\r-]|\+(?!\d{7,15}$))/;

/** A number as a line of the file. */
export function recordOf(number: NumberBody & Pick<PhoneNumber, 'number'>, agentName: string): Record<Column, string> {
  const { canary, fallback, overflow, hours } = number;
  return {
    number: number.number,
    agentId: number.agentId,
    agentName,
    agentVersion: String(number.agentVersion ?? ''),
    canaryVersion: String(canary?.agentVersion ?? ''),
    canaryPercent: String(canary?.percent ?? ''),
    fallbackDial: dialOf(fallback),
    fallbackSay: sayOf(fallback),
    overflowDial: dialOf(overflow),
    overflowSay: sayOf(overflow),
    notice: number.notice ?? '',
    recording: number.recording ? 'yes' : 'no',
    hours: hours ? hoursText(hours.open) : '',
    closedOn: hours?.closedOn.join(' ') ?? '',
    closedDial: dialOf(hours?.closed),
    closedSay: sayOf(hours?.closed),
    timeZone: number.timeZone,
    retentionDays: String(number.retentionDays ?? ''),
    maxConcurrent: String(number.maxConcurrent ?? ''),
    maxMinutesPerDay: String(number.maxMinutesPerDay ?? ''),
    webhookUrl: number.webhookUrl ?? '',
  };
}

function dialOf(target: NumberBody['fallback']): string {
  return target && 'dial' in target ? target.dial : '';
}

function sayOf(target: NumberBody['fallback']): string {
  if (!target) return '';
  return 'say' in target ? target.say : (target.sayFirst ?? '');
}
