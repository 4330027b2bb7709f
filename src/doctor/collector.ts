import type { Check, Trouble } from './check.js';
import { askHttp, type HttpAnswer } from './http-request.js';
import type { Installation } from './installation.js';
import { networkTrouble } from './network-trouble.js';

/** Where spans of calls go is sent none at all, which every collector takes. Calls do without: trouble is a warning. */
export function collectorCheck({ config, clock }: Installation): Check {
  const name = 'traces';
  const url = config.traces?.url;
  if (url === undefined) {
    return { name, run: async () => ({ state: 'skipped', says: 'no OTEL_EXPORTER_OTLP_ENDPOINT is set' }) };
  }
  return {
    name,
    async run(signal) {
      let answer: HttpAnswer;
      try {
        const headers = { 'content-type': 'application/json' };
        answer = await askHttp(url, { method: 'POST', headers, body: '{"resourceSpans":[]}', clock, signal });
      } catch (error) {
        const trouble = networkTrouble(error, new URL(url).host);
        if (trouble === undefined) throw error;
        return warning(trouble.says, trouble.advice);
      }
      const { status } = answer;
      if (status >= 200 && status < 300) return { state: 'ok', says: `${url} takes spans` };
      if (status === 401 || status === 403) {
        return warning(
          `${url} asks for a log-in (HTTP ${status})`,
          'This line is sent without; the bridge sends what OTEL_EXPORTER_OTLP_HEADERS says: see that it is set and right.',
        );
      }
      if (status === 404 || status === 405) {
        return warning(
          `nothing takes spans at ${url} (HTTP ${status})`,
          'OTEL_EXPORTER_OTLP_ENDPOINT is the address without /v1/traces, of the port for HTTP (4318, not 4317).',
        );
      }
      return warning(`${url} does not take spans (HTTP ${status})`, 'Look at the log of the collector.');
    },
  };
}

function warning(says: string, advice: string): Trouble {
  return {
    state: 'warning',
    says,
    advice: `${advice}\nCalls are answered all the same: without it their spans are lost.`,
  };
}
