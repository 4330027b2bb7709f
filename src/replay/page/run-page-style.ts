/** What the page of a run has beyond that of a call. */
export const RUN_STYLE = `
.row { background: var(--card); border: 1px solid var(--line); border-radius: 8px; margin-top: 8px; }
.row.failed, .row.not-run { border-left: 5px solid var(--bad); } .row.passed { border-left: 5px solid var(--good); }
.row > summary { display: grid; grid-template-columns: 20px minmax(0, 1fr) 76px 92px 164px; gap: 2px 12px; padding: 9px 14px; cursor: pointer; list-style: none; align-items: baseline; }
.row > summary::-webkit-details-marker { display: none; }
.row > summary::before { content: '▸'; color: var(--soft); } .row[open] > summary::before { content: '▾'; }
.row > summary:hover { background: var(--shade); border-radius: 8px; }
.row .name { font-weight: 600; overflow-wrap: anywhere; }
.row .first { grid-column: 2 / -1; color: var(--bad); overflow-wrap: anywhere; }
.row[open] > summary .first { display: none; }
.row .changed { grid-column: 2 / -1; color: var(--warn); }
.row .figure-cell { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.row .inside { padding: 2px 14px 16px; }
.heads { display: grid; grid-template-columns: 20px minmax(0, 1fr) 76px 92px 164px; gap: 12px; padding: 0 14px 0 19px; margin-top: 14px; color: var(--soft); font-size: 12.5px; font-weight: 600; }
.heads span:nth-child(n + 3) { text-align: right; }
.row .row { margin-top: 10px; }
.filter { display: flex; flex-wrap: wrap; gap: 8px 14px; align-items: center; }
.filter input[type="search"] { font: inherit; color: inherit; background: var(--card); border: 1px solid var(--soft); border-radius: 6px; padding: 5px 10px; min-width: min(320px, 100%); }
.filter fieldset { display: flex; gap: 14px; border: 0; margin: 0; padding: 0; } .filter legend { float: left; margin-right: 12px; color: var(--soft); }
.filter button { font: inherit; color: inherit; background: var(--card); border: 1px solid var(--soft); border-radius: 6px; padding: 4px 12px; cursor: pointer; }
.filter button:hover { background: var(--shade); }
.matrix td, .matrix th { white-space: nowrap; } .matrix .name { color: var(--ink); font-size: 14px; white-space: normal; min-width: 220px; font-weight: 600; }
.cell-failed, .cell-not-run { color: var(--bad); } .cell-passed { color: var(--good); }
.cell-failed a, .cell-not-run a, .cell-passed a { color: inherit; }
[hidden] { display: none !important; }
@media (max-width: 640px) {
  .row > summary { grid-template-columns: 20px minmax(0, 1fr) max-content; } .row .figure-cell, .heads { display: none; }
}
`;

/** Filters the calls, and opens or closes all that are shown. */
export const RUN_SCRIPT = `
const filter = document.querySelector('.filter'), rows = [...document.querySelectorAll('#calls > .row')], none = document.querySelector('#none');
filter.hidden = false;
const apply = () => {
  const words = filter.querySelector('input[type="search"]').value.toLowerCase().split(/\\s+/).filter(Boolean);
  const wanted = filter.querySelector('input[type="radio"]:checked').value;
  let count = 0;
  for (const row of rows) {
    const isWanted = wanted === 'all' || (wanted === 'changed' ? 'changed' in row.dataset : (row.dataset.verdict === 'passed') === (wanted === 'passed'));
    row.hidden = !isWanted || !words.every((word) => row.dataset.words.includes(word));
    if (!row.hidden) count++;
  }
  none.hidden = count > 0;
  document.querySelector('#count').textContent = count + ' of ' + rows.length + ' calls shown';
};
filter.addEventListener('input', apply);
for (const button of filter.querySelectorAll('button')) {
  button.addEventListener('click', () => {
    for (const row of rows) if (!row.hidden) row.open = button.dataset.open === 'true';
  });
}
addEventListener('hashchange', () => {
  const row = location.hash.length > 1 && document.getElementById(location.hash.slice(1))?.closest('#calls > .row');
  if (row && row.hidden) row.hidden = false;
});
apply();
`;
