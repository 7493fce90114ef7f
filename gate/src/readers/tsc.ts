/** Reads what tsc prints with `--listFiles --pretty false`, plain or `--build` over several projects, also behind a package manager's own lines. */
import type { Finding } from '../model.ts';
import { isInstalled, type Reader, type ReadOptions, sourcePath } from './reader.ts';
import { type Report, UnreadableReport } from './report.ts';

const located =
  /^(?<path>[^\s(].*?)\((?<line>\d+),(?<column>\d+)\): (?<level>error|warning) (?<code>TS\d+): (?<message>.*)$/;
const global = /^(?<level>error|warning) (?<code>TS\d+): (?<message>.*)$/;
/** --listFiles prints absolute paths, one a line. */
const listed = /^(?:\/|[A-Za-z]:[/\\]).*\.[A-Za-z]+$/;
const declaration = /\.d\.([\w-]+\.)?[cm]?ts$/;
const code = /\.[cm]?[jt]sx?$/;

export const tsc: Reader = {
  format: 'tsc',
  title: 'tsc output',

  recognises(report) {
    if (/^\s*[[{<]/.test(report.text)) return false;
    return lines(report).some(
      (line) => located.test(line) || global.test(line) || (listed.test(line) && code.test(line)),
    );
  },

  read(report, options) {
    if (report.text.trim() === '') throw new UnreadableReport(`${report.fileName} is empty`);
    // eslint-disable-next-line no-control-regex -- colours are what is looked for
    if (/\x1b\[\d+m.*TS\d+/.test(report.text)) {
      throw new UnreadableReport(`${report.fileName} is tsc output for people: it needs --pretty false`);
    }
    if (!report.text.endsWith('\n')) {
      throw new UnreadableReport(`${report.fileName} is truncated: its last line has no end`);
    }
    const findings: Finding[] = [];
    const files = new Set<string>();
    let last: Finding | undefined;
    for (const line of lines(report)) {
      const found = finding(line, options);
      // An explanation goes on over indented lines.
      if (last && /^ {2,}\S/.test(line)) last.message += `\n${line}`;
      else if (listed.test(line)) files.add(line);
      if (found) findings.push(found);
      last = found ?? (/^ {2,}\S/.test(line) ? last : undefined);
    }
    const own = [...files].filter((path) => !isInstalled(path) && code.test(path) && !declaration.test(path));
    return {
      format: this.format,
      tool: 'tsc',
      findings,
      // Declarations, those of the language among them, are in every program, also in one that has no file of the project.
      evidence: [
        { kind: 'files', count: own.length },
        { kind: 'declarations', count: files.size - own.length },
      ],
    };
  },
};

function lines(report: Report): string[] {
  return report.text.split(/\r?\n/);
}

function finding(line: string, options: ReadOptions): Finding | undefined {
  const found = (located.exec(line) ?? global.exec(line))?.groups;
  if (!found) return undefined;
  return {
    tool: 'tsc',
    rule: found['code']!,
    severity: found['level'] === 'error' ? 'high' : 'low',
    toolSeverity: found['level']!,
    message: found['message']!,
    ...(found['path'] && {
      location: {
        path: sourcePath(found['path'], options),
        line: Number(found['line']),
        column: Number(found['column']),
      },
    }),
  };
}
