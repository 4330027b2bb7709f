import { useQuery } from '@tanstack/react-query';

/** The country of numbers that are written without one. */
const HOME = 'US';

export interface Phones {
  /** The number in E.164 form, in whatever way it is written; undefined for what is no number of any plan. */
  e164(text: string): string | undefined;
}

/** Reads telephone numbers. The plans of all countries are large: they are fetched when they are first needed. */
export async function loadPhones(): Promise<Phones> {
  const { default: parse } = await import('libphonenumber-js/min');
  return {
    e164(text) {
      const number = parse(text.trim(), HOME);
      return number?.isValid() && number.ext === undefined ? number.number : undefined;
    },
  };
}

/** The same on a page; undefined until it is there. */
export function usePhones(): Phones | undefined {
  return useQuery({ queryKey: ['phones'], queryFn: loadPhones, staleTime: Number.POSITIVE_INFINITY }).data;
}
