/** `index.html`: the whole verdict on one page that needs nothing but itself. Every text of a tool goes through `html`. */
import { createHash } from 'node:crypto';
import { daysBetween } from '../dates.ts';
import {
  type Evidence,
  type FixedFinding,
  type JudgedFinding,
  severities,
  type StageResult,
  type Verdict,
  type WaivedFinding,
} from '../model.ts';
import { bytes, plural, where } from '../reason.ts';
import { bestStatus, isReached, reachedOperations } from '../operations.ts';
import { html } from './escape.ts';
import { script, style } from './page-assets.ts';
import { comparison, didNotRun, duration, previewReason, remarks, shortRevision, tally } from './wording.ts';

/** More would make browsers slow; verdict.json has them all. */
const mostFindings = 5000;

/** The whole document. It loads nothing, runs its own script alone, and is readable without it. */
export function renderPage(verdict: Verdict): string {
  const { subject, status } = verdict;
  const title = `${status}: ${subject.name} @ ${shortRevision(subject.revision)}`;
  const policy = `default-src 'none'; style-src '${hash(style)}'; script-src '${hash(script)}'; base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${html(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
${header(verdict)}
${warnings(verdict.warnings)}
${stageTable(verdict.stages)}
${findings(verdict.stages)}
${operations(verdict.stages)}
${fixed(verdict)}
${waivers(verdict)}
${notRun(verdict)}
${footer(verdict)}
</main>
<script>${script}</script>
</body>
</html>
`;
}

function hash(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

function header(verdict: Verdict): string {
  const { subject, status, runner, finishedAt } = verdict;
  const preview = previewReason(verdict);
  return `<header>
<h1><span class="${statusClass(status)}">${html(status)}</span> ${html(subject.name)}</h1>
<p>${html([tally(verdict), comparison(verdict)].filter(Boolean).join(' · '))} · revision <code>${html(subject.revision)}</code> · ${html(runner)} · <time datetime="${html(finishedAt)}">${html(finishedAt.replace('T', ' ').replace(/\..*$/, ' UTC'))}</time></p>
${preview ? `<p class="banner" role="note">${html(preview)}</p>` : ''}
</header>`;
}

function warnings(lines: string[]): string {
  if (lines.length === 0) return '';
  return `<section aria-labelledby="warnings"><h2 id="warnings">Warnings</h2><ul>${lines.map((line) => `<li>${html(line)}</li>`).join('')}</ul></section>`;
}

function stageTable(stages: StageResult[]): string {
  const rows = stages.map(
    (stage) => `<tr>
<td class="name">${html(stage.stage)}</td>
<td class="status ${statusClass(stage.status)}">${html(stage.status)}</td>
<td data-label="why">${html(stage.reason)}</td>
<td data-label="looked at">${html(stage.evidence.map(counted).join(' · '))}</td>
<td data-label="tool">${stage.tool === undefined ? '' : `${html(stage.tool)} ${html(stage.version ?? '')}`}</td>
<td data-label="in"><code title="${html(stage.image ?? '')}">${html(shortImage(stage.image ?? ''))}</code></td>
<td class="number" data-label="time">${html(duration(stage.durationMs))}</td>
</tr>`,
  );
  return `<section aria-labelledby="stages"><h2 id="stages">Stages</h2>
${table(['stage', 'status', 'why', 'looked at', 'tool', 'in', 'time'], rows, 'stages')}
</section>`;
}

function findings(stages: StageResult[]): string {
  const total = stages.reduce((sum, stage) => sum + stage.findings.length, 0);
  if (total === 0) return '';
  let room = mostFindings;
  const groups = stages
    .filter((stage) => stage.findings.length > 0)
    .map(({ stage, findings: all }) => {
      const shown = all.slice(0, room);
      room -= shown.length;
      const rest = all.length - shown.length;
      return `<details data-group open><summary>${html(stage)}: ${plural(all.length, 'findings')}</summary>
${table(['severity', 'where', 'rule', 'message'], shown.map(findingRow), 'findings')}
${rest > 0 ? `<p class="muted">${plural(rest, 'findings')} more in verdict.json</p>` : ''}
</details>`;
    });
  const choices = severities.map((severity) => `<option>${severity}</option>`).join('');
  return `<section aria-labelledby="findings"><h2 id="findings">Findings</h2>
<form class="filter" hidden>
<label>Words <input name="words" type="search" autocomplete="off"></label>
<label>Severity <select name="severity"><option value="">any</option>${choices}</select></label>
<output class="muted" aria-live="polite"></output>
</form>
${groups.join('\n')}
</section>`;
}

/** What the scan of the running service met, operation by operation. */
function operations(stages: StageResult[]): string {
  const all = stages.flatMap((stage) => stage.operations ?? []);
  if (all.length === 0) return '';
  const rows = all.map((one) => {
    const reached = isReached(one);
    return `<tr>
<td class="name"><code>${html(one.method)}</code></td>
<td class="where"><code>${html(one.path)}</code></td>
<td class="status ${reached ? 'passed' : 'broken'}">${reached ? 'reached' : 'not reached'}</td>
<td data-label="best status">${html(bestStatus(one))}</td>
<td class="number" data-label="requests">${one.requests}</td>
</tr>`;
  });
  return `<section aria-labelledby="operations"><h2 id="operations">DAST: ${html(reachedOperations(all))}</h2>
${table(['method', 'path', '', 'best status', 'requests'], rows)}
</section>`;
}

function findingRow(finding: JudgedFinding): string {
  const { severity, toolSeverity, rule, help, message, cwe } = finding;
  // Most tools say the same in capitals.
  const own = toolSeverity?.toLowerCase() === severity ? undefined : toolSeverity;
  const notes = [
    ...remarks(finding),
    ...(finding.package?.fixedIn ? [`fixed in ${finding.package.fixedIn}`] : []),
    ...(cwe ?? []).map((number) => `CWE-${number}`),
  ];
  return `<tr data-severity="${html(severity)}">
<td class="status">${html(severity)}${own === undefined ? '' : ` <span class="muted">${html(own)}</span>`}</td>
<td class="where"><code>${html(where(finding))}</code></td>
<td class="rule">${isWebPage(help) ? `<a href="${html(help)}" rel="noreferrer">${html(rule)}</a>` : html(rule)}</td>
<td class="message">${html(message)}${notes.length > 0 ? `<br><span class="muted">${html(notes.join(' · '))}</span>` : ''}</td>
</tr>`;
}

/** Shows what the base branch has and this revision has no more. */
function fixed({ baseline }: Verdict): string {
  if (!baseline || baseline.fixed.length === 0) return '';
  const row = ({ stage, tool, rule, message, path = '' }: FixedFinding) => `<tr>
<td class="name">${html(stage)}</td>
<td class="where"><code>${html(path)}</code></td>
<td class="rule">${html(rule)} <span class="muted">${html(tool)}</span></td>
<td class="message">${html(message)}</td>
</tr>`;
  const rest = baseline.fixed.length - mostFindings;
  return `<section aria-labelledby="fixed"><h2 id="fixed">Fixed since the base</h2>
${table(['stage', 'where', 'rule', 'message'], baseline.fixed.slice(0, mostFindings).map(row))}
${rest > 0 ? `<p class="muted">${plural(rest, 'findings')} more in verdict.json</p>` : ''}
</section>`;
}

/** A report may name any address; only one that a browser opens as a page becomes a link. */
function isWebPage(address: string | undefined): address is string {
  return address !== undefined && /^https?:\/\/[^\s]+$/.test(address);
}

function waivers({ waived, finishedAt }: Verdict): string {
  if (waived.length === 0) return '';
  const today = finishedAt.slice(0, 10);
  const row = ({ stage, rule, owner, reason, expires, finding }: WaivedFinding) => `<tr>
<td class="name">${html(stage)}</td>
<td class="rule">${html(rule)}</td>
<td class="where"><code>${html(where(finding))}</code></td>
<td data-label="owner">${html(owner)}</td>
<td data-label="reason">${html(reason)}</td>
<td data-label="until">${html(expires)} (${plural(daysBetween(today, expires), 'days')} left)</td>
</tr>`;
  return `<section aria-labelledby="waivers"><h2 id="waivers">Accepted risks</h2>
${table(['stage', 'rule', 'where', 'owner', 'reason', 'until'], waived.map(row))}
</section>`;
}

function notRun(verdict: Verdict): string {
  const stages = didNotRun(verdict);
  if (stages.length === 0) return '';
  const items = stages.map(
    ({ stage, status, reason }) =>
      `<li>${html(stage)} <span class="muted">${html(status)}</span>: ${html(reason)}</li>`,
  );
  return `<section aria-labelledby="not-run"><h2 id="not-run">Not run</h2><ul>${items.join('')}</ul></section>`;
}

function footer(verdict: Verdict): string {
  const { policy, images, subject } = verdict;
  const preview = previewReason(verdict);
  const facts: [string, string | undefined][] = [
    ['policy', policy],
    ['images', images],
    ['image', subject.imageDigest],
  ];
  return `<footer>
${preview ? `<p class="banner" role="note">${html(preview)}</p>` : ''}
<p class="muted">${facts
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name} <code>${html(value!)}</code>`)
    .join('<br>')}</p>
</footer>`;
}

/** Enough of the digest to tell images apart; the page's tooltip and verdict.json have all of it. */
function shortImage(image: string): string {
  return image.replace(/(@sha256:[0-9a-f]{12})[0-9a-f]+$/, '$1…');
}

const numbers = ['time', 'requests'];

function table(heads: string[], rows: string[], kind = 'list'): string {
  const head = heads.map((one) => `<th scope="col"${numbers.includes(one) ? ' class="number"' : ''}>${one}</th>`);
  return `<table class="${kind}"><thead><tr>${head.join('')}</tr></thead>
<tbody>${rows.join('\n')}</tbody></table>`;
}

function counted({ kind, count }: Evidence): string {
  return kind === 'bytes' ? bytes(count) : plural(count, kind);
}

function statusClass(status: StageResult['status']): string {
  return status.replace(' ', '-');
}
