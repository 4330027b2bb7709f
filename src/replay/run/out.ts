import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeMulaw } from '../../audio/mulaw.js';
import { writeWav } from '../../audio/wav.js';
import { htmlPage } from '../page/page.js';
import type { ReplayResult } from '../replayed-call.js';
import { jsonReport } from './report.js';

/**
 * Writes `<dir>/<name>/`: `report.json`, `report.html`, and what was said and heard as `heard.wav` (caller left, agent right).
 * The answer is the folder's path.
 */
export function writeReport(result: ReplayResult, dir: string, name = result.name): string {
  const folder = join(dir, name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'report.json'), `${JSON.stringify(jsonReport(result), null, 2)}\n`);
  writeFileSync(join(folder, 'report.html'), htmlPage(result));
  if (!result.call) return folder;
  const channels = [result.call.said, result.call.heard].map((mulaw) => {
    const samples = new Int16Array(mulaw.length);
    decodeMulaw(mulaw, samples);
    return samples;
  });
  writeFileSync(join(folder, 'heard.wav'), writeWav({ rateHz: 8000, channels }));
  return folder;
}
