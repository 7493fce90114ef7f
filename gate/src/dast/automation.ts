/** The plan by which ZAP's automation framework scans a service: which jobs, in which order, and what they must leave. */
import type { SeedRequest } from './seed.ts';

/** The reports, as files in the stage's folder. */
export const dastReports = {
  /** The document as the running target gave it. */
  document: 'openapi.json',
  /** Every request that ZAP kept, with its answer. */
  traffic: 'zap.har',
  alerts: 'zap.json',
  page: 'zap.html',
} as const;

/**
 * The plan as text (JSON is YAML as well). `folder` takes the reports and holds the document. The token is in none of it: ZAP prints
 * every parameter of a plan, so it gets the token by its environment.
 */
export function automationPlan(url: string, folder: string, seed: SeedRequest[]): string {
  const context = 'target';
  const wait = { type: 'passiveScan-wait', parameters: { maxDuration: 10 } };
  const report = (template: string, reportFile: string) => ({
    type: 'report',
    parameters: { template, reportDir: folder, reportFile, reportTitle: 'DAST' },
  });
  const plan = {
    env: {
      contexts: [{ name: context, urls: [url] }],
      parameters: { failOnError: true, failOnWarning: false, progressToStdout: true },
    },
    jobs: [
      // Every occurrence is reported, in scope alone; no tags, no rules of the project.
      { type: 'passiveScan-config', parameters: { maxAlertsPerRule: 0, scanOnlyInScope: true, enableTags: false } },
      ...(seed.length > 0 ? [{ type: 'requestor', requests: seed.map((one) => asZapRequest(url, one)) }] : []),
      { type: 'openapi', parameters: { apiFile: `${folder}/${dastReports.document}`, targetUrl: url, context } },
      { type: 'spider', parameters: { context, url: `${url}/`, maxDuration: 1 } },
      wait,
      {
        type: 'activeScan',
        // No limit of its own: a scan that was cut short would look like a whole one. The stage's time-out ends it as broken.
        parameters: { context },
        tests: [
          {
            type: 'stats',
            name: 'attacked',
            statistic: 'stats.ascan.urls',
            operator: '>=',
            value: 1,
            onFail: 'error',
          },
        ],
      },
      wait,
      {
        type: 'export',
        parameters: { type: 'har', source: 'all', context, fileName: `${folder}/${dastReports.traffic}` },
      },
      report('traditional-json', dastReports.alerts),
      report('traditional-html', dastReports.page),
    ],
  };
  return `${JSON.stringify(plan, null, 2)}\n`;
}

function asZapRequest(url: string, { method, path, headers, body }: SeedRequest) {
  return {
    url: `${url}${path}`,
    method,
    headers: Object.entries(headers).map(([name, value]) => `${name}:${value}`),
    ...(body !== undefined && { data: body }),
  };
}
