import { row } from './table';

/** Commits in a second by drivers in pods of their own, each on a partition of its own, beside Delta's own log store with one. */
export async function benchCommits(context: string): Promise<void> {
  process.env.LAKEHOUSE_CONTEXT = context;
  // They read the context when they are loaded.
  const { compile, committer, DELTAS_OWN, newTables } = await import('../e2e/committer.js');
  await compile();
  for (const [what, writers, tables, settings] of [
    ["Delta's own log store, 1 writer", 1, 1, DELTAS_OWN],
    ['put-if-absent, 1 writer', 1, 1, {}],
    ['put-if-absent, 2 writers', 2, 1, {}],
    ['put-if-absent, 4 writers', 4, 1, {}],
    ['put-if-absent, 8 writers', 8, 1, {}],
    // Without conflicts: what the machine has the CPU for.
    ['put-if-absent, 4 writers with a table each', 4, 4, {}],
  ] as const) {
    const folders: string[] = [];
    while (folders.length < tables) folders.push(await newTables());
    const count = Math.min(60, 120 / writers);
    const pods = await Promise.all(
      Array.from({ length: writers }, (_, driver) =>
        committer(`bench-commits-${driver}`, folders[driver % tables]!, `d${driver}`, count, { settings }),
      ),
    );
    const outputs = await Promise.all(pods.map((pod) => pod.output(900)));
    const commits = outputs.map((output) => [...output.matchAll(/^appended \S+ \d+ (\d+)$/gm)].map(([, at]) => Number(at)));
    // While all are at work, and warm.
    const from = Math.max(...commits.map((times) => times[Math.floor(count / 4)]!));
    const to = Math.min(...commits.map((times) => times.at(-1)!));
    const during = commits.flat().filter((at) => at > from && at <= to).length;
    const refused = outputs.reduce((sum, output) => sum + [...output.matchAll(/Transfer failure of block/g)].length, 0);
    row(what, (during / (to - from)) * 1000, '/s', `${refused} of ${writers * count} commits were refused and tried again`);
  }
}
