import { describe, expect, it } from 'vitest';
import { FakeClock, realClock } from '../../src/clock.js';
import { documentReader } from '../../src/knowledge/document-reader.js';
import { sectionsOf } from '../../src/knowledge/document-text.js';
import { pdfOf } from './pdf.js';

const never = new AbortController().signal;
const bytes = (text: string) => Buffer.from(text);

describe('the text of Markdown', () => {
  it('comes by its headings, each with those above it', async () => {
    const text = '# Returns\nThirty days.\n\n## Lamps ##\nSixty days.\n\n# Shipping\n\n### Abroad\nTwo weeks.\n';

    expect(await sectionsOf('text/markdown', bytes(text))).toEqual([
      { heading: 'Returns', text: '# Returns\nThirty days.\n\n' },
      { heading: 'Returns > Lamps', text: '## Lamps ##\nSixty days.\n\n' },
      { heading: 'Shipping > Abroad', text: '# Shipping\n\n### Abroad\nTwo weeks.\n' },
    ]);
  });

  it('takes underlined headings, and no line of code, table or settings for one', async () => {
    const text = [
      '---\ntitle: x\n---\nBefore all.\n',
      'Returns\n===\nText.\n\nLamps\n---\nMore.\n',
      '```sh\n# not a heading\n```\n\n| a | b |\n|---|---|\n- item\n---\n',
    ].join('\n');

    expect((await sectionsOf('text/markdown', bytes(text))).map(({ heading }) => heading)).toEqual([
      undefined,
      'Returns',
      'Returns > Lamps',
    ]);
  });

  it('stands under the beginning of a heading that is too long to be one', async () => {
    const text = `# ${'Returns and refunds '.repeat(3000)}\nThirty days.\n\n## Lamps\nSixty days.\n`;
    const [first, second] = await sectionsOf('text/markdown', bytes(text));

    expect(first!.heading).toMatch(/^Returns and refunds .{100,180}…$/);
    expect(first!.text).toBe(text.slice(0, text.indexOf('## Lamps')));
    expect(second!.heading).toBe(`${first!.heading} > Lamps`);
  });

  it('loses no line', async () => {
    const text = '\n\nIntro\n# A\n## B\n\nbody\n~~~\n# c\n~~~\n## D\n### E';

    expect((await sectionsOf('text/markdown', bytes(text))).map((section) => section.text).join('')).toBe(text);
  });
});

describe('the text of HTML', () => {
  it('keeps headings, words, lists and tables, and leaves out what is looked at or clicked', async () => {
    const html = `<html><head><title>x</title><style>p{}</style><script>var a = 1;</script></head><body>
      <nav><a href="/">Home</a></nav><h1>Returns &amp; refunds</h1><p>Send it to <a href="https://x.example">us</a>.</p>
      <h2>Lamps</h2><ul><li>desk</li><li>floor</li></ul><img src="a.png" alt="a lamp">
      <table><tr><th>Size</th><th>Price</th></tr><tr><td>small</td><td>10</td></tr></table></body></html>`;

    const [first, second, ...rest] = await sectionsOf('text/html', bytes(html));

    expect(rest).toEqual([]);
    expect(first).toEqual({ heading: 'Returns & refunds', text: '# Returns & refunds\n\nSend it to us.\n\n' });
    expect(second!.heading).toBe('Returns & refunds > Lamps');
    expect(second!.text).toMatch(/- desk\n- floor/);
    expect(second!.text).toMatch(/Size\s+Price\nsmall\s+10/);
    expect(second!.text).not.toMatch(/lamp\b.*png|Home|var a/);
  });
});

describe('the text of a PDF', () => {
  it('comes by its pages', async () => {
    const pdf = pdfOf([['Returns take thirty days.', 'No fee (for lamps).'], ['Shipping takes two.']]);

    expect(await sectionsOf('application/pdf', pdf)).toEqual([
      { page: 1, text: 'Returns take thirty days.\nNo fee (for lamps).' },
      { page: 2, text: 'Shipping takes two.' },
    ]);
  });

  it.each([
    ['that is none', bytes('Not a PDF.'), /damaged/],
    ['without text', pdfOf([[]]), /no text.*scan/],
  ])('is refused in words for one %s', async (_what, content, words) => {
    await expect(sectionsOf('application/pdf', content)).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
      message: expect.stringMatching(words) as string,
    });
  });
});

describe('plain text', () => {
  it('stays as it is, without its byte order mark', async () => {
    expect(await sectionsOf('text/plain', bytes('\uFEFF# Größe\r\nSmall.'))).toEqual([{ text: '# Größe\nSmall.' }]);
  });

  it('is refused when it is not UTF-8', async () => {
    const latin1 = Buffer.from('Größe', 'latin1');

    await expect(sectionsOf('text/plain', latin1)).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
  });
});

describe('the reader of documents', () => {
  it('reads in a process of its own, one document after the other', async () => {
    const reader = documentReader({ clock: realClock() });
    const read = (mediaType: 'application/pdf' | 'text/html', content: Uint8Array) =>
      reader.read({ mediaType, content }, never);

    const [html, bad] = await Promise.allSettled([
      read('text/html', bytes('<h1>Returns</h1><p>Thirty days.</p>')),
      read('application/pdf', bytes('no')),
    ]);

    expect(html).toMatchObject({ value: [{ heading: 'Returns', text: '# Returns\n\nThirty days.' }] });
    expect(bad).toMatchObject({ reason: { code: 'REQUEST_INVALID', message: expect.stringMatching(/damaged/) } });
  });

  it('gives up a document that takes too long, and reads the next one', async () => {
    const clock = new FakeClock();
    const reader = documentReader({ clock, limitMs: 1000 });
    const reading = reader.read({ mediaType: 'text/html', content: bytes('<p>x</p>'.repeat(500_000)) }, never);
    const next = reader.read({ mediaType: 'text/plain', content: bytes('Thirty days.') }, never);
    // The process has been started.
    await new Promise(setImmediate);
    clock.advance(1000);

    await expect(reading).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
      message: expect.stringMatching(/1000 ms/) as string,
    });
    expect(await next).toEqual([{ text: 'Thirty days.' }]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('ends the process at once when nobody wants the document any more', async () => {
    const reader = documentReader({ clock: new FakeClock() });
    const stop = new AbortController();
    const order = { mediaType: 'text/html', content: bytes('<p>x</p>'.repeat(500_000)) } as const;
    const running = reader.read(order, stop.signal);
    const waiting = reader.read(order, stop.signal);
    await new Promise(setImmediate);
    stop.abort(new Error('the instance stops'));

    await expect(running).rejects.toThrow('the instance stops');
    await expect(waiting).rejects.toThrow('the instance stops');
  });
});
