import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Runs a program. Raises an error with what it said on its standard error. */
export async function command(program: string, ...args: string[]): Promise<string> {
  return (await output(program, args)).stdout.trim();
}

async function output(program: string, args: string[], input = ''): Promise<{ stdout: string; stderr: string }> {
  try {
    const running = run(program, args, { maxBuffer: 64 * 1024 * 1024 });
    // It may end without reading it.
    running.child.stdin!.on('error', () => {}).end(input);
    return await running;
  } catch (error) {
    const { stderr, message } = error as { stderr?: string; message: string };
    throw new Error(stderr?.trim() || message);
  }
}

/** Asked of the operating system, not of a shell: there is one on Windows too. */
export async function isInstalled(program: string): Promise<boolean> {
  return run(program, ['--help']).then(
    () => true,
    ({ code }) => code !== 'ENOENT',
  );
}

// biome-ignore lint/suspicious/noExplicitAny: objects of all kinds.
export type KubernetesObject = any;

/** A cluster, by the name of its kubectl context. */
export class Cluster {
  constructor(readonly context: string) {}

  kubectl(...args: string[]): Promise<string> {
    return command('kubectl', '--context', this.context, ...args);
  }

  async list(...args: string[]): Promise<KubernetesObject[]> {
    return JSON.parse(await this.kubectl('get', ...args, '-o', 'json')).items;
  }

  /** One of the pods of a component, and none that is told to stop. */
  async podOf(namespace: string, name: string): Promise<string> {
    const pods = await this.list('pods', '-n', namespace, '-l', `app.kubernetes.io/name=${name}`);
    const pod = pods.find(({ metadata, status }) => !metadata.deletionTimestamp && status.phase === 'Running');
    if (!pod) throw new Error(`no pod of ${name} runs: 'npm start' says why`);
    return pod.metadata.name;
  }

  /** Feeds a program of a container by its standard input, so that nothing secret is an argument. */
  exec(namespace: string, pod: string, container: string, program: string[], input: string): Promise<{ stdout: string; stderr: string }> {
    return output('kubectl', ['--context', this.context, '-n', namespace, 'exec', '-i', pod, '-c', container, '--', ...program], input);
  }

  /** Runs `use` while a port of this machine leads to a port of a Service. */
  forwarded<T>(namespace: string, target: string, port: number, use: (localPort: number) => Promise<T>): Promise<T> {
    return this.whileRunning(['-n', namespace, 'port-forward', target, `:${port}`], use);
  }

  /** Runs `use` with a way to the API, for those who ask all the time: a kubectl for each question takes a third of a CPU. */
  proxied<T>(use: (get: Get) => Promise<T>): Promise<T> {
    return this.whileRunning(['proxy', '--port=0'], (port) =>
      use(async (path) => {
        const response = await fetch(`http://127.0.0.1:${port}${path}`);
        const text = await response.text();
        if (!response.ok) throw new Error(`${response.status} ${text.trim().slice(0, 300)}`);
        return text;
      }),
    );
  }

  private async whileRunning<T>(words: string[], use: (localPort: number) => Promise<T>): Promise<T> {
    // Not of the group that a Ctrl-C or the end of a terminal reaches: what has to be said then goes this way.
    const running = spawn('kubectl', ['--context', this.context, ...words], { stdio: ['ignore', 'pipe', 'pipe'], detached: true, windowsHide: true });
    const end = () => running.kill();
    process.once('exit', end);
    try {
      return await use(await localPort(running));
    } finally {
      process.off('exit', end);
      end();
    }
  }
}

/** Text of a path of the API. Raises an error if it does not answer with one. */
export type Get = (path: string) => Promise<string>;

function localPort(forward: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let said = '';
    forward.stderr!.on('data', (text) => {
      said += text;
    });
    forward.stdout!.on('data', (text) => {
      const port = /127\.0\.0\.1:(\d+)/.exec(String(text))?.[1];
      if (port) resolve(Number(port));
    });
    forward.on('exit', () => reject(new Error(`kubectl ended: ${said.trim()}`)));
  });
}
