import { inject } from 'vitest';

/** What Node runs for that source, built for this run; its path from the root. The build has it among its entries. */
export const builtProcess = (source: string): string => inject('builtFolder') + source.replace(/\.ts$/, '.js');
