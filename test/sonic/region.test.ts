import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { regionOfSdk } from '../../src/sonic/bedrock-client.js';

describe('the region', () => {
  afterEach(() => vi.unstubAllEnvs());

  it('is found by the SDK in a profile, and nowhere when there is none', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'profile-'));
    vi.stubEnv('AWS_REGION', undefined);
    vi.stubEnv('AWS_PROFILE', 'bridge');
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(folder, 'none'));
    writeFileSync(join(folder, 'with'), '[profile bridge]\nregion = eu-north-1\n');
    writeFileSync(join(folder, 'without'), '[profile bridge]\n');

    vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'with'));
    expect(await regionOfSdk()).toBe('eu-north-1');
    vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'without'));
    expect(await regionOfSdk()).toBeUndefined();
    rmSync(folder, { recursive: true });
  });
});
