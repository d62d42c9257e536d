import { Listr } from 'listr2';
import type { Cluster } from './kubectl';
import type { Manifest } from './manifests';
import { watch } from './watch';
import { type State, workloadsOf } from './workload';

/** One line for each workload, with the second at which it was ready, or what it waits for. */
export async function waitForAll(cluster: Cluster, manifests: Manifest[], seconds: number, whenReady: (title: string) => void): Promise<void> {
  const began = Date.now();
  const lines = new Map(workloadsOf(manifests).map((workload) => [workload.metadata.name, new Line()]));
  const tasks = new Listr(
    [...lines].map(([title, line]) => ({
      title,
      task: async (_: unknown, shown: { output: string; title: string }) => {
        await line.done((reason) => {
          shown.output = `${title}: ${reason}`;
        });
        whenReady(title);
        shown.title = `${title} ${Math.round((Date.now() - began) / 1000)} s`;
      },
    })),
    { concurrent: true, exitOnError: false, rendererOptions: { collapseSubtasks: false }, fallbackRenderer: 'simple' },
  );
  const shown = tasks.run();
  try {
    await cluster.proxied(async (get) => {
      for await (const states of watch(get, manifests, seconds)) for (const state of states) lines.get(state.title)!.take(state);
    });
  } finally {
    for (const line of lines.values()) line.end();
    await shown;
  }
}

/** What is shown of one workload. */
class Line {
  private show: (reason: string) => void = () => {};
  private said = '';
  private resolve = () => {};
  private reject: (error: Error) => void = () => {};
  private readonly ready = new Promise<void>((resolve, reject) => Object.assign(this, { resolve, reject }));

  take({ done, reason }: State): void {
    if (done) this.resolve();
    else if (reason !== this.said) this.show(reason);
    this.said = reason;
  }

  end(): void {
    this.ready.catch(() => {});
    this.reject(new Error(this.said));
  }

  done(show: (reason: string) => void): Promise<void> {
    this.show = show;
    return this.ready;
  }
}
