import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { readBoxes } from '../../src/blackbox/boxes.js';
import { temporaryDataDir } from '../../src/store/embedded/temp-folder.js';
import { builtProcess } from '../built-process.js';

it('a box whose process is killed in the middle can be read up to there', async () => {
  const folder = await temporaryDataDir();
  const recording = spawn(process.execPath, [builtProcess('test/blackbox/recording-process.ts'), folder.path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const gone = once(recording, 'exit');
  try {
    await once(recording.stdout, 'data');
    recording.kill('SIGKILL');
    await gone;

    const [box] = await readBoxes(`${folder.path}/CA1`);

    expect(box!.endReason).toBeUndefined();
    const audio = box!.ticks.filter(({ input }) => input.kind === 'callerAudio');
    // What was said to be over had been handed to the disk, but for the last part; and no record is half.
    expect(audio.length).toBeGreaterThan(50 * 60);
    expect(audio.map(({ atMs }) => atMs)).toEqual(audio.map((_, index) => 20 * (index + 1)));
  } finally {
    recording.kill('SIGKILL');
    await gone;
    await folder.remove();
  }
});
