/** Look of the report pages; light and dark by the reader's setting. Every text has a contrast of 4.5 to 1 or more. */
export const PAGE_STYLE = `
:root {
  color-scheme: light dark;
  --page: #fbfbfa; --card: #ffffff; --ink: #1c2127; --soft: #5b6470; --line: #dfe2e6; --shade: #f1f2f5;
  --caller: #0b5cad; --agent: #74389a; --good: #0f6b45; --bad: #b42318; --warn: #8a4b00;
  --bad-soft: #fdecea; --good-soft: #e6f4ed; --warn-soft: #fdf1dc;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14161a; --card: #17191d; --ink: #e8eaed; --soft: #a2abb6; --line: #343a43; --shade: #24282f;
    --caller: #7cb8ff; --agent: #d3a9f4; --good: #63d69e; --bad: #ff958b; --warn: #f6bd55;
    --bad-soft: #3a1d1a; --good-soft: #142c22; --warn-soft: #33270f;
  }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 12px; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1240px; margin: 0 auto; padding: 28px 20px 60px; }
h1 { font-size: 24px; line-height: 1.25; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 17px; margin: 28px 0 10px; }
h3 { font-size: 15px; margin: 20px 0 8px; }
p { margin: 0 0 10px; }
a { color: var(--caller); }
:focus-visible { outline: 2px solid var(--caller); outline-offset: 2px; }
.soft { color: var(--soft); }
.badge { display: inline-block; padding: 1px 10px; border-radius: 99px; border: 1px solid; font-weight: 600; font-size: 13px; white-space: nowrap; }
.badge.good { color: var(--good); } .badge.bad { color: var(--bad); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 14px; }
.call-view > * + * { margin-top: 14px; }
.failures { border: 2px solid var(--bad); } .changes { border-color: var(--warn); }
.failures h3, .changes h3 { margin: 0 0 8px; } .failures h3 { color: var(--bad); }
.failures ol, .changes ul { margin: 0; padding-left: 26px; }
.failures li + li, .changes li + li, .more ol { margin-top: 12px; }
.more { margin-top: 12px; } .more summary { color: var(--bad); font-weight: 600; cursor: pointer; width: max-content; max-width: 100%; }
.failures li::marker { color: var(--bad); font-weight: 700; }
.failures li:target, tr:target { outline: 2px solid var(--bad); outline-offset: 3px; border-radius: 3px; }
.failures p, .changes p { margin: 2px 0 0; overflow-wrap: anywhere; }
.what code { color: var(--soft); margin-left: 4px; }
.jump { display: inline-block; margin-left: 8px; padding: 0 9px; border: 1px solid; border-radius: 99px; font-size: 13px; text-decoration: none; }
.jump:hover { background: var(--shade); }
.pair { display: grid; grid-template-columns: max-content 1fr; gap: 2px 12px; margin: 4px 0 0; }
.pair dt { color: var(--soft); } .pair dd { margin: 0; padding: 0 6px; border-left: 3px solid; overflow-wrap: anywhere; }
.pair .expected { border-color: var(--good); } .pair .found { border-color: var(--bad); }
mark { color: inherit; font-weight: 700; padding: 0 2px; border-radius: 2px; text-decoration: underline; text-decoration-thickness: 2px; text-underline-offset: 3px; }
.expected mark { background: var(--good-soft); color: var(--good); } .found mark { background: var(--bad-soft); color: var(--bad); }
.figures { display: flex; flex-wrap: wrap; gap: 10px; }
.figure { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 8px 14px; min-width: 116px; }
.figure b { display: block; font-size: 18px; font-variant-numeric: tabular-nums; }
.figure span { color: var(--soft); font-size: 12.5px; }
.scroll { overflow-x: auto; }
.timeline { position: relative; padding-left: 84px; }
.lane { position: relative; border-top: 1px solid var(--line); min-height: 28px; }
.lane > .label { position: absolute; left: -84px; top: 4px; width: 78px; font-size: 12.5px; color: var(--soft); }
.lane.wrongs { border-top: 0; height: 30px; } .lane.wrongs > .label { color: var(--bad); font-weight: 600; }
.lane.voice { height: 104px; } .lane.voice svg { display: block; width: 100%; height: 72px; margin-top: 4px; }
.lane.axis { height: 24px; font-size: 12px; color: var(--soft); }
.caller path { stroke: var(--caller); } .agent path { stroke: var(--agent); }
path { fill: none; }
.turn { position: absolute; bottom: 3px; height: 22px; line-height: 22px; padding: 0 5px; border-radius: 4px; font-size: 12.5px;
  white-space: nowrap; overflow: hidden; text-overflow: ellipsis; background: var(--shade); border-left: 3px solid; }
.caller .turn { border-color: var(--caller); } .agent .turn { border-color: var(--agent); }
.bar { position: absolute; height: 18px; line-height: 16px; border-radius: 4px; font-size: 12.5px; min-width: 4px;
  background: var(--shade); border: 1px solid; color: var(--warn); white-space: nowrap; }
.bar.wait { color: var(--soft); } .bar.cut { color: var(--bad); background: var(--bad-soft); }
.bar span { position: absolute; left: calc(100% + 5px); color: var(--ink); } .bar.late span { left: auto; right: calc(100% + 5px); }
.tick { position: absolute; top: 7px; width: 1px; height: 14px; background: var(--soft); }
.tick.cleared { background: var(--bad); width: 2px; }
.note { position: absolute; font-size: 12.5px; line-height: 18px; white-space: nowrap; padding-left: 4px; border-left: 1px solid var(--soft); }
.note.late { transform: translateX(-100%); padding: 0 4px 0 0; border-left: 0; border-right: 1px solid var(--soft); }
.gap { position: absolute; top: 76px; height: 24px; border-bottom: 2px solid var(--warn); }
.gap span { position: absolute; bottom: 1px; left: 50%; transform: translateX(-50%); font-size: 12px; color: var(--warn); white-space: nowrap; }
.axis .at { position: absolute; transform: translateX(-50%); top: 3px; }
.over { position: absolute; left: 84px; right: 0; top: 30px; bottom: 24px; pointer-events: none; }
.cursor { position: absolute; top: 0; bottom: 0; width: 2px; background: var(--good); display: none; }
.wrong-at { position: absolute; top: -4px; bottom: 0; width: 0; border-left: 2px solid var(--bad); }
.wrong-here { position: absolute; top: 3px; transform: translateX(-50%); padding: 0 7px; line-height: 21px; border-radius: 4px; background: var(--bad);
  color: var(--card); font-size: 12.5px; font-weight: 700; text-decoration: none; white-space: nowrap; z-index: 1; }
.wrong-here.late { transform: translateX(-100%); } .wrong-here.early { transform: none; }
.wrong-here:target { outline: 3px solid var(--ink); outline-offset: 2px; }
audio { width: 100%; margin-top: 12px; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th { text-align: left; color: var(--soft); font-weight: 600; font-size: 12.5px; }
th, td { padding: 6px 12px 6px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.words { min-width: 260px; }
td.role-caller { color: var(--caller); font-weight: 600; } td.role-agent { color: var(--agent); font-weight: 600; }
tr.wrong { background: var(--bad-soft); }
.wrong-note { color: var(--bad); overflow-wrap: anywhere; } .wrong-note a { color: inherit; font-weight: 700; }
del { color: var(--soft); } code { font: 12.5px/1.45 ui-monospace, monospace; overflow-wrap: anywhere; }
`;

/** Moves the cursor with the sound, the sound to where the picture is clicked, and both to where a failure is shown. */
export const PAGE_SCRIPT = `
const soundOf = (timeline) => timeline.closest('.card').querySelector('audio');
for (const timeline of document.querySelectorAll('.timeline')) {
  const audio = soundOf(timeline), over = timeline.querySelector('.over'), cursor = timeline.querySelector('.cursor');
  if (!audio) continue;
  const seconds = Number(timeline.dataset.seconds);
  const show = () => {
    cursor.style.display = 'block';
    cursor.style.left = Math.min(1, audio.currentTime / seconds) * 100 + '%';
    if (!audio.paused) requestAnimationFrame(show);
  };
  audio.addEventListener('play', () => {
    for (const other of document.querySelectorAll('audio')) if (other !== audio) other.pause();
    show();
  });
  audio.addEventListener('seeked', show);
  timeline.addEventListener('click', (event) => {
    if (event.target.closest('a')) return;
    const box = over.getBoundingClientRect(), share = (event.clientX - box.left) / box.width;
    if (share >= 0) audio.currentTime = share * seconds;
  });
}
const showTarget = () => {
  const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  if (target.matches('details')) target.open = true;
  for (let around = target.closest('details'); around; around = around.parentElement.closest('details')) around.open = true;
  const isPlace = target.matches('.wrong-here');
  target.scrollIntoView({ block: target.matches('details') ? 'start' : 'center', inline: 'center' });
  if (!isPlace) return;
  target.focus({ preventScroll: true });
  const audio = soundOf(target.closest('.timeline'));
  if (audio) audio.currentTime = Math.max(0, Number(target.dataset.at) - 1);
};
addEventListener('hashchange', showTarget);
addEventListener('click', (event) => {
  const link = event.target.closest('a[href^="#"]');
  if (link && link.getAttribute('href') === location.hash) showTarget();
});
showTarget();
`;
