/** Look of the report page; light and dark by the reader's setting. */
export const PAGE_STYLE = `
:root {
  color-scheme: light dark;
  --page: #fbfbfa; --card: #ffffff; --ink: #1c1e21; --soft: #646b74; --line: #e2e4e8;
  --caller: #0b7285; --agent: #7048b6; --good: #1f7a3d; --bad: #c02a2a; --warn: #a35a00; --shade: #f1f2f5;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14161a; --card: #1c1f25; --ink: #e7e9ec; --soft: #9aa2ad; --line: #2f343c;
    --caller: #4fc3d9; --agent: #b79cf0; --good: #62c586; --bad: #ff8080; --warn: #f0b35f; --shade: #242830;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1180px; margin: 0 auto; padding: 28px 20px 60px; }
h1 { font-size: 24px; line-height: 1.25; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 16px; margin: 32px 0 10px; }
p { margin: 0 0 10px; }
.soft { color: var(--soft); }
.badge { display: inline-block; padding: 2px 10px; border-radius: 99px; border: 1px solid; font-weight: 600; font-size: 13px; }
.badge.good { color: var(--good); } .badge.bad { color: var(--bad); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 14px; }
.failures { border-color: var(--bad); } .failures li { margin: 4px 0; }
.figures { display: flex; flex-wrap: wrap; gap: 10px; margin: 18px 0; }
.figure { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 8px 14px; min-width: 120px; }
.figure b { display: block; font-size: 19px; font-variant-numeric: tabular-nums; }
.figure span { color: var(--soft); font-size: 12.5px; }
.scroll { overflow-x: auto; }
.timeline { position: relative; min-width: 760px; padding-left: 64px; }
.lane { position: relative; border-top: 1px solid var(--line); }
.lane > .label { position: absolute; left: -64px; top: 6px; width: 58px; font-size: 12.5px; color: var(--soft); }
.lane.voice { height: 104px; } .lane.voice svg { display: block; width: 100%; height: 72px; margin-top: 4px; }
.lane.events { height: 30px; } .lane.axis { height: 24px; font-size: 11.5px; color: var(--soft); }
.caller path { stroke: var(--caller); } .agent path { stroke: var(--agent); }
path { stroke-width: 20; fill: none; }
.turn { position: absolute; bottom: 3px; height: 22px; line-height: 22px; padding: 0 5px; border-radius: 4px; font-size: 12px;
  white-space: nowrap; overflow: hidden; text-overflow: ellipsis; background: var(--shade); border-left: 3px solid; }
.caller .turn { border-color: var(--caller); } .agent .turn { border-color: var(--agent); }
.bar { position: absolute; top: 5px; height: 20px; line-height: 18px; border-radius: 4px; font-size: 12px; min-width: 4px;
  background: var(--shade); border: 1px solid var(--warn); color: var(--warn); white-space: nowrap; }
.bar span { position: absolute; left: calc(100% + 5px); }
.tick { position: absolute; top: 8px; width: 1px; height: 14px; background: var(--soft); }
.tick.cleared { background: var(--bad); }
.note { position: absolute; top: 5px; font-size: 12px; white-space: nowrap; }
.note.late { transform: translateX(-100%); }
.cut { position: absolute; top: 0; bottom: 24px; width: 0; border-left: 2px dashed var(--bad); }
.cut span { position: absolute; top: 2px; left: 5px; font-size: 11.5px; line-height: 16px; color: var(--bad); background: var(--card); padding: 0 3px; white-space: nowrap; }
.gap { position: absolute; top: 76px; height: 24px; border-bottom: 2px solid var(--warn); }
.gap span { position: absolute; bottom: 1px; width: 100%; min-width: 60px; text-align: center; font-size: 11.5px; color: var(--warn); }
.axis .at { position: absolute; transform: translateX(-50%); top: 3px; }
#cursor { position: absolute; top: 0; bottom: 0; width: 2px; background: var(--good); left: 64px; display: none; }
audio { width: 100%; margin-top: 12px; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th { text-align: left; color: var(--soft); font-weight: 500; font-size: 12.5px; }
th, td { padding: 6px 10px 6px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.role-caller { color: var(--caller); font-weight: 600; } td.role-agent { color: var(--agent); font-weight: 600; }
del { color: var(--soft); } code { font: 12.5px/1.45 ui-monospace, monospace; overflow-wrap: anywhere; }
`;

/** Moves the cursor with the sound, and the sound to where the picture is clicked. */
export const PAGE_SCRIPT = `
const audio = document.querySelector('audio'), cursor = document.querySelector('#cursor'), timeline = document.querySelector('.timeline');
const left = 64, seconds = Number(timeline.dataset.seconds);
const show = () => {
  cursor.style.display = 'block';
  cursor.style.left = left + (timeline.clientWidth - left) * Math.min(1, audio.currentTime / seconds) + 'px';
  if (!audio.paused) requestAnimationFrame(show);
};
audio.addEventListener('play', show);
audio.addEventListener('seeked', show);
timeline.addEventListener('click', (event) => {
  const share = (event.clientX - timeline.getBoundingClientRect().left - left) / (timeline.clientWidth - left);
  if (share >= 0) audio.currentTime = share * seconds;
});
`;
