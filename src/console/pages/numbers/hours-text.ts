import { DAYS, type Day, type OpenForm } from './number-form.ts';

/** Hours on one line: `mon-fri 09:00-17:00; sat 10:00-14:00`. */
export function hoursText(open: readonly OpenForm[]): string {
  return open.map(({ days, from, to }) => `${daysText(days)} ${from}-${to}`).join('; ');
}

/** The hours that such a line says; undefined when it says none. */
export function readHours(text: string): OpenForm[] | undefined {
  const rows = text
    .split(';')
    .map((row) => row.trim().toLowerCase())
    .filter((row) => row !== '')
    .map(readRow);
  return rows.length > 0 && rows.every((row) => row !== undefined) ? rows : undefined;
}

function readRow(text: string): OpenForm | undefined {
  const found = /^([a-z,\s-]+?)\s+(\d{1,2}:\d\d)\s*-\s*(\d{1,2}:\d\d)$/.exec(text);
  const days = found?.[1] === undefined ? undefined : readDays(found[1]);
  if (!days || found?.[2] === undefined || found[3] === undefined) return undefined;
  const [from, to] = [found[2].padStart(5, '0'), found[3].padStart(5, '0')];
  const isTime = (time: string) => /^([01]\d|2[0-3]):[0-5]\d$|^24:00$/.test(time);
  return isTime(from) && isTime(to) && from !== to && from !== '24:00' ? { days, from, to } : undefined;
}

function readDays(text: string): Day[] | undefined {
  if (text === 'daily') return [...DAYS];
  const chosen = new Set<Day>();
  for (const part of text.split(',').map((each) => each.trim())) {
    const [first = '', last = first] = part.split('-').map((each) => each.trim());
    const [from, to] = [DAYS.indexOf(first as Day), DAYS.indexOf(last as Day)];
    if (from < 0 || to < 0) return undefined;
    // `sat-mon` goes over the end of the week.
    for (let day = from; ; day = (day + 1) % 7) {
      chosen.add(DAYS[day]!);
      if (day === to) break;
    }
  }
  return DAYS.filter((day) => chosen.has(day));
}

function daysText(days: readonly Day[]): string {
  const runs: Day[][] = [];
  for (const day of DAYS.filter((each) => days.includes(each))) {
    const run = runs.at(-1);
    const before = run?.at(-1);
    if (run && before && DAYS.indexOf(before) + 1 === DAYS.indexOf(day)) run.push(day);
    else runs.push([day]);
  }
  return runs.map((run) => (run.length > 2 ? `${run[0]}-${run.at(-1)}` : run.join(','))).join(',');
}
