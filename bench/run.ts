import { Command } from 'commander';
import { benchCommits } from './commits';
import { benchLakehouse } from './lakehouse';
import { benchSynth } from './synth';

new Command('bench')
  .description('seconds and megabytes, beside the goals')
  .option('--context <name>', 'a cluster made for this: the lakehouse there is deleted with its data, then started and measured')
  .action(async ({ context }: { context?: string }) => {
    benchSynth();
    if (!context) return;
    await benchLakehouse(context);
    await benchCommits(context);
  })
  .parseAsync();
