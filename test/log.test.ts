import { describe, expect, it } from 'vitest';
import { createLog } from '../src/log.js';

describe('the log', () => {
  it('never writes what a person said, typed or dials', () => {
    const lines: string[] = [];
    const log = createLog('info', { write: (line) => lines.push(line) }).child({ callSid: 'CA1' });

    log.info({ pii: { transcript: 'my card is 4111' }, turn: { pii: 'secret words' } }, 'turn ended');

    expect(lines[0]).not.toMatch(/4111|secret words/);
    expect(JSON.parse(lines[0]!)).toMatchObject({ callSid: 'CA1', pii: '[redacted]', msg: 'turn ended' });
  });
});
