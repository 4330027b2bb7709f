import type { SyncResult } from '../directory/number-sync.js';
import { BridgeError } from '../errors.js';
import { isSamePage, twilioNumberSync } from '../twilio/number-sync.js';
import { twilioClient } from '../twilio/rest.js';
import type { Check, Finding } from './check.js';
import type { Installation, Known } from './installation.js';
import { hostOf } from './twilio-account.js';
import { twilioTrouble } from './twilio-trouble.js';

/** Thousands of numbers take a while; Twilio takes this many requests at once without complaint. */
const LIMIT_MS = 60_000;
const AT_ONCE = 8;
/** Numbers in order are named up to this many. */
const NAMED = 5;

/** Every number of the directory, as the account has it: by what the sync would change, without changing it. */
export function twilioNumbersCheck({ config }: Installation, known: Known): Check {
  const { publicUrl, publicFallbackUrl: fallbackUrl, twilio } = config;
  return {
    name: 'numbers',
    needs: twilio.apiKey ? ['Twilio account', 'Twilio API key'] : ['Twilio account'],
    limitMs: LIMIT_MS,
    async run(signal) {
      const { numbers } = known;
      if (!numbers) {
        return {
          state: 'skipped',
          says: 'the directory cannot be read now',
          advice: 'Ask again while the bridge runs, or when the database is in order.',
        };
      }
      if (numbers.length === 0) {
        return {
          state: 'warning',
          says: 'the directory has none yet',
          advice: 'Point one at an agent: PUT /api/numbers/<number>, then POST /api/numbers/<number>/sync.',
        };
      }
      const sync = twilioNumberSync({ client: twilioClient(twilio), publicUrl, fallbackUrl });
      const findings = new Map<string, Finding>();
      const waiting = [...numbers];
      const look = async () => {
        for (let number = waiting.shift(); number !== undefined && !signal.aborted; number = waiting.shift()) {
          findings.set(
            number,
            await judgeNumber(number, () => sync.sync(number!, { dryRun: true, clearOverride: false })),
          );
        }
      };
      try {
        await Promise.all(Array.from({ length: AT_ONCE }, look));
      } catch (error) {
        waiting.length = 0;
        return twilioTrouble(error, hostOf(twilio.apiUrl), 'the credentials');
      }
      return summed(numbers, findings);
    },
  };
}

async function judgeNumber(number: string, look: () => Promise<SyncResult>): Promise<Finding> {
  try {
    return judgeSettings(await look());
  } catch (error) {
    if (!(error instanceof BridgeError) || error.code !== 'NOT_FOUND') throw error;
    return {
      state: 'failed',
      says: `${number} is not a number of this Twilio account`,
      advice: `Buy or port it, use the account that owns it, or take it out: DELETE /api/numbers/${number}.`,
    };
  }
}

function judgeSettings({ number, changes, overriddenBy }: SyncResult): Finding {
  if (overriddenBy) {
    const { kind, sid } = overriddenBy;
    return {
      state: 'failed',
      says: `${number} is served by the ${kind} ${sid}, which Twilio asks before any voice URL`,
      advice: `If its calls are to come here: POST /api/numbers/${number}/sync with { "clearOverride": true }.`,
    };
  }
  if (changes.length === 0) return { state: 'ok', says: number };
  const differences = changes.map(({ field, before, after }) => `${field} is ${before ?? 'empty'} instead of ${after}`);
  const isElsewhere = (fields: RegExp) =>
    changes.some(({ field, before, after }) => fields.test(field) && !isSamePage(before, after));
  const says = `${number}: ${differences.join(', ')}`;
  const sync = `POST /api/numbers/${number}/sync`;
  if (isElsewhere(/^voice(Url|Method)$/)) {
    return { state: 'failed', says, advice: `Its calls go elsewhere. ${sync} points it here.` };
  }
  const losses = [
    isElsewhere(/^statusCallback/) && 'Calls that end before they are connected stay unknown.',
    !changes.every(({ field }) => /^statusCallback/.test(field)) &&
      'Twilio gives callers up too soon where an instance has just died.',
  ].filter((loss) => loss !== false);
  return { state: 'warning', says, advice: `${losses.join(' ')} ${sync} puts it right.` };
}

/** What is in order in one line, everything else one by one, in the order of the directory. */
function summed(numbers: readonly string[], findings: ReadonlyMap<string, Finding>): Finding[] {
  const all = numbers.map((number) => findings.get(number)!);
  const good = all.filter(({ state }) => state === 'ok').map(({ says }) => says);
  const named =
    good.length > NAMED ? `${good.slice(0, NAMED).join(', ')} and ${good.length - NAMED} more` : good.join(', ');
  const inOrder: Finding[] =
    good.length > 0 ? [{ state: 'ok', says: `${named}: owned by the account, and pointed at this bridge` }] : [];
  return [...inOrder, ...all.filter(({ state }) => state !== 'ok')];
}
