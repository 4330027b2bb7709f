import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { productionFlags } from '../../src/bench/production-flags.js';

describe('how Node is started in production', () => {
  it('has garbage collected a little at a time', () => {
    expect(productionFlags()).toContain('--max-semi-space-size=4');
  });

  it('is the same in the image as with npm start', () => {
    const dockerfile = readFileSync(new URL('../../Dockerfile', import.meta.url), 'utf8');
    const [, command = '[]'] = /^CMD (\[.*\])$/m.exec(dockerfile) ?? [];
    expect(JSON.parse(command)).toEqual(['node', ...productionFlags(), 'scripts/start.mjs']);
  });

  it('is understood by this Node', () => {
    const { status, stderr } = spawnSync(process.execPath, [...productionFlags(), '--eval', ''], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});
