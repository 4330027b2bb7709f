import type { Agent } from '../../api/types.ts';
import type { Column, CsvRecord } from './csv-columns.ts';
import { readHours } from './hours-text.ts';
import { bodyOf, datesOf, emptyForm, type NumberBody, type NumberForm, type TargetForm } from './number-form.ts';
import type { Phones } from './phones.ts';

export type Read = { readonly body: NumberBody; readonly problems?: never } | { readonly problems: readonly string[] };

const YES = ['yes', 'true', 'on', '1'];
const NO = ['no', 'false', 'off', '0', ''];
const MAX_WORDS = 1000;

/** What a line of the file says of a number, or everything that is wrong with it. The API has the last word on it. */
export function readRecord(record: CsvRecord, agents: readonly Agent[], phones: Phones): Read {
  const problems: string[] = [];
  const text = (column: Column) => record[column]?.trim() ?? '';

  const figure = (column: Column, max = Number.MAX_SAFE_INTEGER) => {
    const value = text(column);
    if (value !== '' && !(/^[1-9]\d*$/.test(value) && Number(value) <= max)) {
      problems.push(
        `${column}: “${value}” is not a whole number from 1${max < Number.MAX_SAFE_INTEGER ? ` to ${max}` : ''}`,
      );
    }
    return value;
  };
  const words = (column: Column) => {
    const value = text(column);
    if (value.length > MAX_WORDS) problems.push(`${column}: longer than ${MAX_WORDS} characters`);
    return value;
  };
  const target = (dialColumn: Column, sayColumn: Column): TargetForm => {
    const [dial, say] = [text(dialColumn), words(sayColumn)];
    if (dial !== '' && phones.e164(dial) === undefined)
      problems.push(`${dialColumn}: “${dial}” is not a telephone number`);
    // Of both, the words come before the ring.
    if (dial !== '') return { kind: 'dial', dial, sayFirst: say, say: '' };
    return { kind: say !== '' ? 'say' : 'none', dial: '', sayFirst: '', say };
  };

  const form: NumberForm = {
    ...emptyForm(text('timeZone') || 'UTC'),
    agentId: agentOf(text('agentId'), text('agentName'), agents, problems),
    agentVersion: figure('agentVersion'),
    canaryVersion: figure('canaryVersion'),
    canaryPercent: percentOf(text('canaryPercent'), problems),
    fallback: target('fallbackDial', 'fallbackSay'),
    overflow: target('overflowDial', 'overflowSay'),
    notice: words('notice'),
    recording: yesOrNo(text('recording'), problems),
    ...hoursOf(text('hours'), text('closedOn'), target('closedDial', 'closedSay'), problems),
    retentionDays: figure('retentionDays', 3650),
    maxConcurrent: figure('maxConcurrent', 100_000),
    maxMinutesPerDay: figure('maxMinutesPerDay', 1_000_000),
    webhookUrl: text('webhookUrl'),
  };
  if ((form.canaryVersion === '') !== (form.canaryPercent === '')) {
    problems.push('canaryVersion and canaryPercent: one needs the other');
  }
  if (!isTimeZone(form.timeZone)) problems.push(`timeZone: “${form.timeZone}” is not one such as Europe/Berlin`);
  if (form.webhookUrl !== '' && !/^https?:\/\//.test(form.webhookUrl)) {
    problems.push(`webhookUrl: “${form.webhookUrl}” is not an https address`);
  }
  return problems.length > 0 ? { problems } : { body: bodyOf(form, phones.e164) };
}

function agentOf(id: string, name: string, agents: readonly Agent[], problems: string[]): string {
  if (id === '' && name === '') problems.push('agentId: is missing');
  else if (id !== '' && !agents.some((agent) => agent.id === id)) problems.push(`agentId: there is no agent “${id}”`);
  if (id !== '' || name === '') return id;
  const named = agents.filter((agent) => agent.name === name);
  if (named.length === 0) problems.push(`agentName: there is no agent “${name}”`);
  if (named.length > 1) problems.push(`agentName: ${named.length} agents are called “${name}”: give the agentId`);
  return named[0]?.id ?? '';
}

function percentOf(text: string, problems: string[]): string {
  if (text !== '' && !(/^\d+(\.\d+)?$/.test(text) && Number(text) <= 100)) {
    problems.push(`canaryPercent: “${text}” is not from 0 to 100`);
  }
  return text;
}

function yesOrNo(text: string, problems: string[]): boolean {
  const word = text.toLowerCase();
  if (![...YES, ...NO].includes(word)) problems.push(`recording: “${text}” is neither yes nor no`);
  return YES.includes(word);
}

function hoursOf(
  hours: string,
  closedOn: string,
  closed: TargetForm,
  problems: string[],
): Partial<Pick<NumberForm, 'hasHours' | 'open' | 'closedOn' | 'closed'>> {
  if (hours === '') {
    if (closedOn !== '' || closed.kind !== 'none')
      problems.push('hours: are missing, though something is set for closed times');
    return {};
  }
  const open = readHours(hours);
  if (!open) problems.push(`hours: “${hours}” is not as in “mon-fri 09:00-17:00; sat 10:00-14:00”`);
  if (closed.kind === 'none') problems.push('closedSay or closedDial: is missing for the time outside of the hours');
  const wrong = datesOf(closedOn).find((date) => !/^\d{4}-\d\d-\d\d$/.test(date) || Number.isNaN(Date.parse(date)));
  if (wrong !== undefined) problems.push(`closedOn: “${wrong}” is not a date such as 2026-12-25`);
  return { hasHours: true, open: open ?? [], closedOn, closed };
}

function isTimeZone(timeZone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone }).format(0) !== '';
  } catch {
    return false;
  }
}
