import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median, row } from './table';

const RUNS = 7;

function seconds(program: string, ...args: string[]): number {
  const env = { ...process.env, CDK8S_CHECK_UPGRADE: 'false', CDK8S_OUTDIR: mkdtempSync(join(tmpdir(), 'lakehouse-bench-')) };
  const runs = Array.from({ length: RUNS }, () => {
    const began = performance.now();
    execFileSync(program, args, { env, stdio: 'ignore' });
    return (performance.now() - began) / 1000;
  });
  return median(runs);
}

/** How long a change takes to become YAML: medians of whole processes, beside what the tools alone take. */
export function benchSynth(): void {
  row('npx cdk8s synth', seconds('npx', 'cdk8s', 'synth'), 's', 'goal 1.2');
  row('  of it cdk8s alone (--version)', seconds('npx', 'cdk8s', '--version'), 's');
  row('node --import tsx main.ts', seconds('node', '--import', 'tsx', 'main.ts'), 's', 'goal 0.5');
  row('  of it node, tsx and the cdk8s libraries alone', seconds('node', '--import', 'tsx', '-e', "require('cdk8s-plus-28')"), 's');
  for (const count of ['100', '1000']) {
    row(`the same with ${count} tenants`, seconds('node', '--import', 'tsx', 'bench/tenants.ts', count), 's', count === '1000' ? 'goal 6' : '');
  }
}
