import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { environmentNames } from '../../environments';
import { ACCEPTED, type Accepted } from './accepted';
import { judged, writeManifests } from './manifests';
import { type Finding, findings, isInstalled, type ToolName, toolNames } from './tools';

const count = { passed: 0, failed: 0, skipped: 0 };
const needed = new Set<Accepted>();

for (const name of environmentNames) {
  const directory = mkdtempSync(join(tmpdir(), `lakehouse-validators-${name}-`));
  try {
    judge(name, directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
for (const entry of ACCEPTED) {
  const title = ['accepted:', entry.tool, entry.check, entry.object, entry.message].filter(Boolean).join(' ');
  if (!isInstalled(entry.tool)) skip(title, entry.tool);
  else report(title, needed.has(entry) ? [] : ['nothing is found any more that this entry accepts: remove it']);
}
console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
process.exitCode = count.failed > 0 ? 1 : 0;

/** One test for each tool. */
function judge(environment: string, directory: string): void {
  writeManifests(environment, directory);
  for (const tool of toolNames) {
    const title = `${environment}: ${tool}`;
    if (!isInstalled(tool)) {
      skip(title, tool);
      continue;
    }
    try {
      report(title, unaccepted(tool, directory));
    } catch (error) {
      report(title, [(error as Error).message]);
    }
  }
}

function unaccepted(tool: ToolName, directory: string): string[] {
  return findings(tool, judged(directory))
    .filter((finding) => !isAccepted(finding))
    .map(line);
}

function isAccepted({ tool, check, object, message }: Finding): boolean {
  const entries = ACCEPTED.filter(
    (entry) => entry.tool === tool && entry.check === check && matches(entry.object, object) && matches(entry.message, message),
  );
  for (const entry of entries) needed.add(entry);
  return entries.length > 0;
}

function matches(expression: RegExp | undefined, text: string): boolean {
  return !expression || expression.test(text);
}

function line({ check, object, message }: Finding): string {
  return `${check} ${object}: ${message}`;
}

function report(title: string, problems: string[]): void {
  count[problems.length > 0 ? 'failed' : 'passed']++;
  console.log(`${problems.length > 0 ? 'FAILED' : 'passed'}  ${title}`);
  for (const problem of [...new Set(problems)].sort()) console.log(`        ${problem}`);
}

function skip(title: string, tool: ToolName): void {
  count.skipped++;
  console.log(`skipped ${title}: ${tool} is not installed, e2e/validators/install does it`);
}
