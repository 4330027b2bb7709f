import type { ReplayResult } from '../replayed-call.js';
import { escapeXml } from '../run/report.js';
import { callView } from './page-call.js';
import { PAGE_SCRIPT, PAGE_STYLE } from './page-style.js';

/** One page that shows a call: voices, turns, interruptions, tools, marks and delays. Needs nothing but itself. */
export function htmlPage(result: ReplayResult): string {
  const { name, description, failures, call, record } = result;
  const verdict =
    failures.length === 0
      ? '<span class="badge good">✓ as expected</span>'
      : `<span class="badge bad">✗ ${failures.length === 1 ? '1 expectation' : `${failures.length} expectations`} not met</span>`;
  const facts = record ? `${record.from} to ${record.to}, ended: ${record.endReason ?? 'not yet'}` : '';
  return page(
    name,
    `<h1>${escapeXml(name.replaceAll('-', ' '))}</h1>
<p class="soft">${escapeXml(description)}</p>
<p>${verdict} <span class="soft">${escapeXml(facts)}</span></p>
<h2>The call as the caller had it</h2>
${callView(result, { id: 'call', sound: call ? 'embedded' : 'none' })}`,
  );
}

/** A page that needs nothing but itself. `body` is HTML, `title` is text. */
export function page(title: string, body: string, style = '', script = ''): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeXml(title)}</title>
<style>${PAGE_STYLE}${style}</style>
</head>
<body>
<main>
${body}
</main>
<script>${PAGE_SCRIPT}${script}</script>
</body>
</html>
`;
}
