import { useLocation, useSearchParams } from 'wouter';

/** What of a job is looked at. All of it stands in the address. */
export interface Place {
  /** `seq` of a stage; undefined: what is shown first. */
  readonly stage?: number | undefined;
  /** Which part of what the stage has made. */
  readonly view?: string | undefined;
  readonly line?: number | undefined;
  readonly rehearsal?: string | undefined;
  readonly panel?: 'findings' | 'coverage' | undefined;
}

/** The place that is shown, and the address of another one of the same job. */
export function usePlace(id: string) {
  const [search] = useSearchParams();
  const [, navigate] = useLocation();
  const figure = (name: string) => {
    const value = Number(search.get(name));
    return Number.isInteger(value) && value > 0 ? value : undefined;
  };
  const panel = search.get('panel');
  const place: Place = {
    stage: figure('stage'),
    view: search.get('view') ?? undefined,
    line: figure('line'),
    rehearsal: search.get('rehearsal') ?? undefined,
    panel: panel === 'findings' || panel === 'coverage' ? panel : undefined,
  };
  /** The panel stays unless another one is named. */
  const addressOf = (next: Place) => {
    const given = Object.entries({ panel: place.panel, ...next }).filter(([, value]) => value !== undefined);
    const query = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
    return `/creator/${encodeURIComponent(id)}${query.size === 0 ? '' : `?${query}`}`;
  };
  return { place, addressOf, go: (next: Place) => navigate(addressOf(next), { replace: true }) };
}
