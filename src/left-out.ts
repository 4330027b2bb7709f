/** The name of the field that says how many others are left out of an object. */
export const LEFT_OUT = '(left out)';

const ITEMS = /^\((\d+) more left out\)$/;
const FIELDS = /^(\d+) more fields$/;

/** The last item of a list of which so many are left out. */
export const itemsLeftOut = (count: number) => `(${count} more left out)`;

/** What `LEFT_OUT` says. */
export const fieldsLeftOut = (count: number) => `${count} more fields`;

/** How many items the last one says are left out already; undefined when it is one like the others. */
export const saidOfItems = (last: unknown) => saidBy(ITEMS, last);

export const saidOfFields = (leftOut: unknown) => saidBy(FIELDS, leftOut);

function saidBy(words: RegExp, value: unknown): number | undefined {
  const count = typeof value === 'string' ? words.exec(value)?.[1] : undefined;
  return count === undefined ? undefined : Number(count);
}
