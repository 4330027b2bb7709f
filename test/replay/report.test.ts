import { describe, expect, it } from 'vitest';
import { htmlPage } from '../../src/replay/page/page.js';
import { waveformPath } from '../../src/replay/page/waveform.js';
import { jsonReport, latencyTable, transcriptLines } from '../../src/replay/run/report.js';
import { agentTurn, CALLER_TURN, callRecord, replayedCall, replayResult, toolCall } from './calls.js';

const FAILED = replayResult({
  name: 'caller-says "<hello>" & more',
  failures: [
    { field: 'turns[0].text', message: 'expected "<a>", found "b & c"', atMs: 1100 },
    { field: 'endReason', message: 'expected silence, found failed' },
  ],
});

describe('the report of one call', () => {
  it('holds what was measured and the record, but no audio and no log', () => {
    const report = jsonReport(replayResult({ call: replayedCall({ logLines: ['secret'] }) }));

    expect(report).toMatchObject({
      passed: true,
      measured: { responseGaps: [{ gapMs: 1100 }] },
      record: { callSid: 'CA1' },
    });
    expect(JSON.stringify(report)).not.toMatch(/secret|"heard":|"said":/);
  });

  it('tells what of a cut turn was not heard', () => {
    const lines = transcriptLines([CALLER_TURN, agentTurn({ heardText: 'Thank you.', interrupted: true })]);

    expect(lines[0]).toContain('go forward ten meters');
    expect(lines[1]).toMatch(/Thank you\. .*interrupted.*not heard: You entered ten\./);
  });

  it('splits each wait into its parts', () => {
    const responseGapParts = { endpointing: 980, model: 100, tools: 5, bridge: 2, playout: 20 };
    const record = callRecord({ turns: [CALLER_TURN, agentTurn({ responseGapMs: 1107, responseGapParts })] });

    const [head, row] = latencyTable(replayResult({ record }));

    expect(head).toContain('endpointing');
    expect(row?.match(/\d+ ms/g)).toEqual(['1100 ms', '980 ms', '100 ms', '5 ms', '2 ms', '20 ms']);
  });
});

describe('the report page', () => {
  const page = htmlPage(
    replayResult({
      name: 'a-<b>-call',
      call: replayedCall({
        interruptions: [6990],
        waits: [{ startMs: 3000, endMs: 4000 }],
        dialled: [{ to: '+14155550180', atMs: 7900, whisper: '' }],
        marks: [{ name: 'm1', receivedMs: 4000, returnedMs: 4200, cleared: true }],
      }),
      record: callRecord({ toolCalls: [toolCall({ input: { text: '<script>alert(1)</script>' } })] }),
      failures: FAILED.failures,
    }),
  );

  it('needs nothing from elsewhere', () => {
    const addresses = [...page.matchAll(/(?:src|href)="([^"]{0,20})/g)].map(([, address]) => address ?? '');

    expect(addresses.filter((address) => !address.startsWith('#'))).toEqual(['data:audio/wav;base6']);
    expect(page).not.toMatch(/url\(|@import|https?:/);
  });

  it('shows voices, turns, tools, marks, the interruption and what does not hold', () => {
    expect(page.match(/<svg/g)).toHaveLength(2);
    for (const words of [
      'go forward ten meters',
      'order_status',
      'sound of waiting',
      'carrier: dials +14155550180',
      'mark m1, cleared',
      'silent after',
      '1100 ms',
      '2 expectations not met',
    ]) {
      expect(page).toContain(words);
    }
  });

  it('takes words as words', () => {
    expect(page).not.toMatch(/<script>alert|<b> call/);
  });

  it('stands without a call', () => {
    expect(htmlPage(replayResult({ call: undefined, record: undefined, failures: FAILED.failures }))).toContain(
      '</html>',
    );
  });
});

describe('a waveform', () => {
  it('draws sound and leaves silence out', () => {
    const mulaw = new Uint8Array(480).fill(0xff);
    mulaw.fill(0x80, 160, 320);

    expect(waveformPath(mulaw)).toBe('M30 -100v100');
  });
});
