/** The style and the script of index.html, which carries them in itself. */

export const style = `
:root {
  color-scheme: light dark;
  --text: light-dark(#1c2024, #e6e8ea);
  --muted: light-dark(#5a636c, #9aa3ad);
  --page: light-dark(#ffffff, #14171a);
  --raised: light-dark(#f4f5f7, #1d2125);
  --line: light-dark(#d8dce0, #343a40);
  --passed: light-dark(#0b6b37, #58d68d);
  --failed: light-dark(#b3161b, #ff8a8a);
  --broken: light-dark(#8a4b00, #ffb860);
  --link: light-dark(#0b57a4, #80b8ff);
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 76rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { margin: 0; font-size: 1.8rem; line-height: 1.25; overflow-wrap: anywhere; }
h2 { margin: 2.5rem 0 .75rem; font-size: 1.2rem; }
p { margin: .5rem 0; }
a { color: var(--link); }
a:focus-visible, input:focus-visible, select:focus-visible, summary:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
code { font: .9em/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
.muted { color: var(--muted); }
.passed { color: var(--passed); }
.failed { color: var(--failed); }
.broken { color: var(--broken); }
.absent, .not-run { color: var(--muted); }
.status { font-weight: 700; white-space: nowrap; }
.banner { padding: .6rem .9rem; border-left: 4px solid var(--broken); background: var(--raised); }
table { width: 100%; border-collapse: collapse; }
th, td { padding: .5rem .75rem .5rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; overflow-wrap: anywhere; }
th { white-space: nowrap; color: var(--muted); font-weight: 600; font-size: .9rem; }
th.number, td.number { padding-right: 0; text-align: right; white-space: nowrap; }
.message { white-space: pre-wrap; }
.name { white-space: nowrap; }
.status .muted { display: block; font-weight: 400; white-space: normal; }
/* The groups of findings are tables of their own, and stand below each other. */
.findings, .stages { table-layout: fixed; }
.findings th:nth-child(1) { width: 11%; }
.findings th:nth-child(2) { width: 25%; }
.findings th:nth-child(3) { width: 18%; }
.stages th:nth-child(1) { width: 6.5rem; }
.stages th:nth-child(2) { width: 5rem; }
.stages th:nth-child(4) { width: 22%; }
.stages th:nth-child(5) { width: 10%; }
.stages th:nth-child(6) { width: 20%; }
.stages th:nth-child(7) { width: 6%; }
.filter { display: flex; flex-wrap: wrap; gap: .75rem; align-items: end; margin-bottom: .75rem; }
.filter label { display: grid; gap: .2rem; font-size: .9rem; color: var(--muted); }
input, select { min-height: 2.5rem; padding: .3rem .6rem; border: 1px solid var(--muted); border-radius: .3rem; background: var(--page); color: var(--text); font: inherit; }
input { width: min(24rem, 80vw); }
details { margin-bottom: 1rem; }
summary { padding: .5rem 0; font-weight: 600; cursor: pointer; }
[hidden] { display: none !important; }
@media (max-width: 62rem) {
  table, tbody, tr, td { display: block; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  tr { padding: .6rem 0; border-bottom: 1px solid var(--line); }
  td { padding: .1rem 0; border: 0; }
  td[data-label]:not(:empty)::before { content: attr(data-label) ': '; color: var(--muted); }
  td.number { text-align: left; }
  .name { font-weight: 600; }
  .status .muted { display: inline; }
}
@media print { .filter { display: none; } }
`;

/** Hides the findings that the fields above them leave out. Without it the page shows all of them. */
export const script = `
const form = document.querySelector('.filter');
if (form) {
  const rows = [...document.querySelectorAll('tr[data-severity]')];
  const groups = [...document.querySelectorAll('details[data-group]')];
  const shown = document.querySelector('output');
  const apply = () => {
    const words = form.elements.words.value.toLowerCase();
    const severity = form.elements.severity.value;
    let count = 0;
    for (const row of rows) {
      row.hidden = (severity !== '' && row.dataset.severity !== severity) || !row.textContent.toLowerCase().includes(words);
      if (!row.hidden) count += 1;
    }
    for (const group of groups) group.hidden = !group.querySelector('tr[data-severity]:not([hidden])');
    shown.textContent = count + ' of ' + rows.length + ' shown';
  };
  form.hidden = false;
  form.addEventListener('input', apply);
  form.addEventListener('submit', (event) => event.preventDefault());
  apply();
}
`;
