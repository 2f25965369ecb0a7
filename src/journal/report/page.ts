/** The evidence as one HTML file without scripts, links or anything else from elsewhere: to read, to print, to hand over. */

import { html, raw } from 'hono/html';
import { visible, visibleLine } from '../../runtime/visible.ts';
import type { Report } from '../verify.ts';
import type { Checked } from '../verify-signatures.ts';
import type { Section } from './controls.ts';
import { CONTROLS } from './controls.ts';
import type { Asked, DecisionRow, Evidence } from './evidence.ts';

type Html = ReturnType<typeof html>;

export interface ReportPage {
  readonly dir: string;
  /** ISO times, as they were asked for. */
  readonly since: string | undefined;
  readonly until: string | undefined;
  readonly madeAt: string;
  readonly integrity: Report;
  readonly evidence: Evidence;
}

const STYLE = `body{font:14px/1.45 system-ui,sans-serif;color:#111;background:#fff;margin:2rem auto;max-width:75rem;padding:0 1rem}
h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;margin:1.6rem 0 .3rem}p{margin:.3rem 0}.supports{color:#555;font-size:.85em}
table{border-collapse:collapse;width:100%;font-size:.9em}th,td{text-align:left;vertical-align:top;border-top:1px solid #bbb;padding:.25rem .5rem .25rem 0;overflow-wrap:break-word;max-width:12rem}th{border:0;font-weight:600}th,time,.id{white-space:nowrap}.text{display:block;min-width:15rem}
code{font:.95em ui-monospace,monospace;white-space:pre-wrap;overflow-wrap:anywhere}.bad{font-weight:700;color:#a00}
@media print{body{margin:0;max-width:none;font-size:10px}tr{break-inside:avoid}h2{break-after:avoid}thead{display:table-header-group}@page{size:A4 landscape;margin:12mm}}`;

export async function reportPage(page: ReportPage): Promise<string> {
  const { evidence: { policies, decisions, unreleased, interventions, refusals, gaps, statements } } = page;
  return String(await html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="content-security-policy" content="default-src 'none'; style-src 'unsafe-inline'"><title>Evidence: Countersign</title><style>${raw(STYLE)}</style></head><body>
<h1>Who approved what: evidence from a Countersign journal</h1>
<p>Period: ${page.since ?? 'from the first record'} up to ${page.until ?? 'the last record'}. Journal: <code>${visibleLine(page.dir)}</code>. Made at ${page.madeAt}.</p>
${section('integrity', 'The journal\'s integrity', integrityOf(page.integrity))}
${section('recorded', 'What was recorded', html`<p>${statements.ran} statements ran by policy, ${statements.released} ran after people released them, ${statements.refused} were refused. ${decisions.length} decisions. Times in which nothing could be recorded:</p>${table(['When', 'What', 'Which', 'Why'], gaps.map(({ time, what, who, reason }) => [when(time), what, line(who), line(reason)]))}`)}
${section('policies', 'Policies in force', table(['From', 'Version', 'Files'], policies.map(({ from, version, files }) => [when(from), code(version), line(files.join(', '))])))}
${section('decisions', 'Decisions', decisionTable(decisions))}
${section('breakGlass', 'The glass was broken', decisionTable(decisions.filter(({ breakGlass }) => breakGlass)))}
${section('unreleased', 'Held and not released: expired, withdrawn, failed', table(['When', 'Request', 'Agent', 'Database', 'Effects', 'Statement', 'What became of it', 'Why'], unreleased.map((row) => [when(row.time), ...about(row), row.state, line(row.reason)])))}
${section('interventions', 'Agents frozen and thawed, sign-ins ended', table(['When', 'What', 'Who', 'By', 'Reason'], interventions.map(({ time, what, who, by, reason }) => [when(time), what, line(who), line(by), line(reason)])))}
${section('refusals', 'Refused: sign-ins of people, logins of agents', table(['When', 'What', 'Who, as claimed', 'Why'], refusals.map(({ time, what, who, reason }) => [when(time), line(what), line(who), line(reason)])))}
<p class="supports">The controls named here are those that a section supports with evidence; whether they are satisfied is for the assessor to say. Times are those of the proxy's clock, UTC.</p>
</body></html>
`);
}

function section(name: Section, title: string, body: Html): Html {
  const { soc2, iso27001, nist80053 } = CONTROLS[name];
  return html`<h2>${title}</h2><p class="supports">Supports SOC 2 ${soc2}; ISO/IEC 27001:2022 ${iso27001}; NIST 800-53 (FedRAMP) ${nist80053}</p>${body}`;
}

function integrityOf({ ok, problem, segments, records, checkpoints, unsigned, head, decisions, freezes, signOuts, releases, retired }: Report): Html {
  return html`<p>${ok ? html`<strong>Verified.</strong>` : html`<strong class="bad">NOT INTACT</strong>: record ${problem?.sequence} in ${problem?.file} at byte ${problem?.offset}: ${line(problem?.why)}. What is below may be false or lack something.`}
${records} records in ${segments} segments, ${checkpoints} signed checkpoints, ${unsigned} records after the last of them. Head: <code>${head.sequence}:${head.hash}</code>${retired === undefined ? '' : `. Records 1 to ${retired.last}, until ${line(retired.until)}, were retired by the journal's own word of ${line(retired.at)}: what is below lacks them.`}</p>
${table(['Signed by people', 'Verified', 'Not checked'], Object.entries({ decisions, freezes, 'sign-outs': signOuts, 'statements that ran by a decision': releases }).map(([what, { verified, unchecked }]: [string, Checked]) => [what, String(verified), String(unchecked)]))}`;
}

function decisionTable(rows: readonly DecisionRow[]): Html {
  return table(['When', 'Request', 'Agent', 'Database', 'Effects', 'Statement', 'Decision', 'By', 'Channel', 'Reason', 'After'], rows.map((row) => [
    when(row.time), ...about(row), `${row.decision === 'approve' ? 'approved' : 'denied'}${row.breakGlass ? ', alone (break-glass)' : ''}`, line(row.by), line(row.channel), line(row.reason), row.took === undefined ? '' : duration(row.took),
  ]));
}

const about = ({ request, agent, database, effects, text }: Asked): (string | Html)[] => [html`<code class="id">${visibleLine(request)}</code>`, line(agent), line(database), line(effects), text === undefined ? 'opened at another process' : html`<code class="text">${visible(text)}</code>`];

function table(heads: readonly string[], rows: readonly (readonly (string | Html)[])[]): Html {
  if (rows.length === 0) return html`<p>None.</p>`;
  return html`<table><thead><tr>${heads.map((head) => html`<th>${head}</th>`)}</tr></thead><tbody>${rows.map((cells) => html`<tr>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody></table>`;
}

const line = (text = ''): string => visibleLine(text);
const code = (text: string): Html => html`<code>${visibleLine(text)}</code>`;
const when = (time: string): Html => html`<time>${visibleLine(time)}</time>`;

function duration(ms: number): string {
  if (ms < 120_000) return `${(ms / 1000).toFixed(1)} s`;
  return ms < 7_200_000 ? `${Math.round(ms / 60_000)} min` : `${(ms / 3_600_000).toFixed(1)} h`;
}
