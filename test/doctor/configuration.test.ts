import { describe, expect, it } from 'vitest';
import { readConfiguration, secretKeeper } from '../../src/doctor/configuration.js';
import { examine } from '../../src/doctor/doctor.js';

describe('the configuration', () => {
  it('shows every fault at once, each in a line of its own, and looks at nothing else', async () => {
    const lines = await examine({ environment: { PUBLIC_URL: 'ftp://x', ADMIN_TOKEN: 'short', PORT: '1' } });

    expect(lines.every(({ check, state }) => check === 'configuration' && state === 'failed')).toBe(true);
    expect(lines.map(({ says }) => says)).toEqual(
      expect.arrayContaining([
        expect.stringContaining('PUBLIC_URL must be'),
        'ADMIN_TOKEN must have at least 32 characters',
        'TWILIO_AUTH_TOKEN is required',
      ]),
    );
    expect(lines.at(-1)?.advice).toContain('. ./.env');
  });

  it('is in order when it is complete', () => {
    const { config, findings } = readConfiguration({
      PUBLIC_URL: 'https://bridge.example.com',
      TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
      TWILIO_AUTH_TOKEN: 'token',
      ADMIN_TOKEN: 'a'.repeat(32),
    });

    expect(config?.publicUrl).toBe('https://bridge.example.com');
    expect(findings).toEqual([{ state: 'ok', says: 'the environment is complete' }]);
  });
});

describe('secrets', () => {
  it('are taken out of whatever is told', () => {
    const keep = secretKeeper({
      TWILIO_AUTH_TOKEN: '0123456789abcdef',
      AWS_SECRET_ACCESS_KEY: 'aws/secret+key',
      DATABASE_URL: 'postgres://oratio:p%40ssw%40rd@db.example.com/oratio',
      LOG_LEVEL: 'information',
    });

    const told = keep('0123456789abcdef, aws/secret+key, p%40ssw%40rd and p@ssw@rd, but not information');

    expect(told).toBe('[secret], [secret], [secret] and [secret], but not information');
  });
});
