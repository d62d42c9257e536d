import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { objectOfFile, scripts } from './manifests';

/** Where `install` puts the tools. */
const CACHE = process.env.LAKEHOUSE_VALIDATORS ?? join(homedir(), '.cache', 'lakehouse-validators');

export type ToolName = 'kubeconform' | 'kube-score' | 'checkov' | 'trivy' | 'shellcheck';

export interface Finding {
  readonly tool: ToolName;
  readonly check: string;
  /** `Kind/name`. */
  readonly object: string;
  readonly message: string;
}

// biome-ignore lint/suspicious/noExplicitAny: each tool's output is its own.
type Output = any;

interface Verdict {
  readonly findings: Omit<Finding, 'tool'>[];
  /** How many objects it looked at. */
  readonly objects: number;
}

interface Tool {
  readonly program: string;
  readonly arguments: (directory: string) => string[];
  readonly read: (output: Output, directory: string) => Verdict;
}

const kubeconform: Tool = {
  program: 'bin/kubeconform',
  arguments: (directory) => [
    ...['-strict', '-summary', '-output', 'json'],
    ...['-schema-location', join(CACHE, 'schemas', '{{.ResourceKind}}{{.KindSuffix}}.json'), directory],
  ],
  read: ({ resources, summary }) => ({
    findings: (resources ?? []).map(({ kind, name, status, msg }: Output) => ({ check: status, object: `${kind}/${name}`, message: msg })),
    objects: summary.valid + summary.invalid,
  }),
};

const kubeScore: Tool = {
  program: 'bin/kube-score',
  // All files at once, so that it sees which policy selects which pod; it takes no folder.
  arguments: (directory) => [
    ...['score', '--all-default-optional', '--kubernetes-version', 'v1.32', '--output-format', 'json'],
    ...readdirSync(directory).map((file) => join(directory, file)),
  ],
  read: (scored: Output[]) => ({
    findings: scored.flatMap(({ type_meta, object_meta, checks }) =>
      checks
        .filter(({ skipped, grade }: Output) => !skipped && grade < 10)
        .flatMap(({ check, comments }: Output) =>
          (comments?.length ? comments : [{ summary: check.name }]).map(({ summary }: Output) => ({
            check: check.id,
            object: `${type_meta.kind}/${object_meta.name}`,
            message: summary,
          })),
        ),
    ),
    objects: scored.length,
  }),
};

const checkov: Tool = {
  program: 'python/bin/checkov',
  arguments: (directory) => [
    ...['--framework', 'kubernetes', '--skip-download', '--quiet', '--compact', '--output', 'json'],
    ...['--directory', directory],
  ],
  read: ({ results, summary }) => ({
    findings: (results?.failed_checks ?? []).map(({ check_id, check_name, file_path }: Output) => ({
      check: check_id,
      object: objectOfFile(file_path),
      message: check_name,
    })),
    // A file that it cannot read is not a finding to it, nor a reason to end with an error.
    objects: summary?.parsing_errors ? 0 : (summary?.resource_count ?? 0),
  }),
};

const trivy: Tool = {
  program: 'bin/trivy',
  arguments: (directory) => [
    ...['config', '--misconfig-scanners', 'kubernetes', '--quiet', '--format', 'json'],
    ...['--skip-check-update', '--skip-version-check', '--disable-telemetry', '--config-data', join(__dirname, 'trivy-data'), directory],
  ],
  read: ({ Results = [] }) => ({
    findings: Results.flatMap(({ Target, Misconfigurations = [] }: Output) =>
      Misconfigurations.map(({ ID, Message }: Output) => ({ check: ID, object: objectOfFile(Target), message: Message })),
    ),
    objects: Results.length,
  }),
};

const shellcheck: Tool = {
  program: 'python/bin/shellcheck',
  arguments: (directory) => ['--format', 'json1', ...readdirSync(scripts(directory)).map((file) => join(scripts(directory), file))],
  read: ({ comments }, directory) => ({
    findings: comments.map(({ file, line, code, message }: Output) => ({
      check: `SC${code}`,
      object: objectOfFile(file),
      message: `${file.split('_').at(-1)}:${line}: ${message}`,
    })),
    objects: readdirSync(scripts(directory)).length,
  }),
};

const TOOLS: Record<ToolName, Tool> = { kubeconform, 'kube-score': kubeScore, checkov, trivy, shellcheck };

export const toolNames = Object.keys(TOOLS) as ToolName[];

const path = (name: ToolName) => join(CACHE, TOOLS[name].program);

export const isInstalled = (name: ToolName) => existsSync(path(name));

/** What the tool finds in the folder. Raises an error if it does not get to its end, or has looked at nothing: its silence would mean nothing. */
export function findings(name: ToolName, directory: string): Finding[] {
  const { status, error, stdout, stderr } = spawnSync(path(name), TOOLS[name].arguments(directory), {
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  });
  // All of them say 1 for findings, or 0.
  if (error || (status !== 0 && status !== 1)) throw new Error(`${name} ended with ${error ?? status}: ${stderr}`);
  const verdict = TOOLS[name].read(parse(name, stdout, stderr), directory);
  if (verdict.objects === 0) throw new Error(`${name} looked at no object: ${stderr}`);
  return verdict.findings.map((finding) => ({ tool: name, ...finding }));
}

function parse(name: ToolName, stdout: string, stderr: string): Output {
  try {
    return JSON.parse(stdout);
  } catch {
    throw new Error(`${name} printed no JSON: ${stdout.slice(0, 500)}${stderr}`);
  }
}
