import { describe, expect, it } from 'vitest';
import { readConfiguration, secretKeeper } from '../../src/doctor/configuration.js';
import { examine } from '../../src/doctor/doctor.js';

const COMPLETE = {
  PUBLIC_URL: 'https://bridge.example.com',
  TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
  TWILIO_AUTH_TOKEN: 'token',
  ADMIN_TOKEN: 'a'.repeat(32),
};

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
    const { config, findings } = readConfiguration(COMPLETE);

    expect(config?.publicUrl).toBe('https://bridge.example.com');
    expect(findings).toEqual([{ state: 'ok', says: 'the environment is complete' }]);
  });
});

describe('the address of one of several instances', () => {
  const DATABASE_URL = 'postgres://oratio@db.example.com/oratio';

  it.each([
    ['http://127.0.0.1:3000', 'INSTANCE_URL is http://127.0.0.1:3000'],
    ['http://localhost:3000', 'INSTANCE_URL is http://localhost:3000'],
    [undefined, 'INSTANCE_URL is not set, and HOST 127.0.0.1'],
  ])('is warned of when nobody else can reach it: %s', (url, words) => {
    const { findings } = readConfiguration({ ...COMPLETE, DATABASE_URL, ...(url && { INSTANCE_URL: url }) });

    expect(findings).toMatchObject([
      { state: 'ok' },
      { state: 'warning', says: expect.stringContaining(words), advice: expect.stringContaining('INSTANCE_URL') },
    ]);
  });

  it('is told when others can reach it', () => {
    const { findings } = readConfiguration({ ...COMPLETE, DATABASE_URL, INSTANCE_URL: 'http://10.0.0.7:3000' });

    expect(findings[1]).toEqual({ state: 'ok', says: 'other instances reach this one at http://10.0.0.7:3000' });
  });

  it('is of no matter to a bridge that has its database alone', () => {
    const { findings } = readConfiguration({ ...COMPLETE, INSTANCE_URL: 'http://127.0.0.1:3000' });

    expect(findings).toHaveLength(1);
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
