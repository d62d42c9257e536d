import { request as http, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';

/** The gateway's answer to a request that it does not fulfil. */
export class Refusal extends Error {
  constructor(
    request: string,
    /** HTTP. */
    readonly status: number,
    text: string,
  ) {
    super(`the gateway refuses ${request}: ${status} ${text}`);
  }
}

/** A statement that failed. */
export class Failure extends Error {
  constructor(
    statement: string,
    state: string,
    private readonly said: string,
  ) {
    super(`'${statement}' ended in ${state}: ${said}`);
  }

  /** What Spark says, without its own classes, calls and plans. */
  get reason(): string {
    const [words] = this.said.split(/\n\s*at |\nCaused by: /);
    return words!
      .replace(/^([\w.$]+: )*(Error operating \w+: )?([\w.$]+(Exception|Error): )*/, '')
      .replace(/(SQLSTATE: \w+; line \d+ pos \d+);\n.*/s, '$1')
      .trim();
  }
}

export interface Column {
  readonly name: string;
  /** As Thrift has it: `BIGINT_TYPE`. */
  readonly type: string;
}

/** How far a statement is. */
export interface Progress {
  /** An engine has taken it over. */
  readonly runs: boolean;
  readonly stages: number;
  readonly tasks: { readonly all: number; readonly done: number; readonly running: number };
}

export interface ExecuteOptions {
  /** Cancels it. */
  readonly signal?: AbortSignal;
  /** Is told each second at most, while it runs. */
  readonly onProgress?: (progress: Progress) => void;
}

/** Rows that are fetched at first: what they are like is not known yet. */
const FEW = 500;
/** The gateway takes no more at once. */
const MANY = 50_000;
/** Characters of a page, about: each is a request with a login, and is whole in memory. */
const PAGE = 1_000_000;

interface Field {
  readonly dataType: string;
  readonly value: unknown;
}

/** A session on the gateway, over its REST interface. */
export class SqlSession {
  /** Runs `use` in a session of its own, behind which the gateway launches an engine if there is none. Raises an error if the gateway refuses. */
  static async with<T>(port: number, user: string, password: string, use: (session: SqlSession) => Promise<T>, configs = {}): Promise<T> {
    const session = new SqlSession(`http://127.0.0.1:${port}/api/v1`, `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`);
    const { identifier } = await session.request('POST', '/sessions', { configs });
    session.path = `/sessions/${identifier}`;
    try {
      return await use(session);
    } finally {
      // A session that stays open keeps its engine, and the gateway from stopping.
      await session.request('DELETE', session.path).catch(() => undefined);
    }
  }

  private path = '';

  private constructor(
    private readonly url: string,
    private readonly authorization: string,
  ) {}

  /** Runs a statement and returns its rows, a thousand at most. Raises an error with what the engine says if it fails. */
  async run(statement: string): Promise<unknown[][]> {
    return this.next(await this.finished(statement), 1000);
  }

  /**
   * Runs a statement and hands out its rows a page at a time, as many as one asks for.
   *
   * Raises an error with what the engine says if it fails, and one that says so if it is cancelled.
   */
  async execute<T>(
    statement: string,
    use: (columns: Column[], pages: AsyncIterable<unknown[][]>) => Promise<T>,
    options: ExecuteOptions,
  ): Promise<T> {
    const operation = await this.finished(statement, options);
    try {
      const { columns } = await this.request('GET', `/operations/${operation}/resultsetmetadata`);
      const named = columns.map(({ columnName, dataType }: Record<string, string>) => ({ name: columnName, type: dataType }));
      return await use(named, this.pages(operation, options.signal));
    } finally {
      await this.act(operation, 'close').catch(() => undefined);
    }
  }

  private async *pages(operation: string, signal?: AbortSignal): AsyncIterable<unknown[][]> {
    for (let count = FEW; ; ) {
      if (signal?.aborted) throw new Error('cancelled');
      const rows = await this.next(operation, count);
      if (rows.length > 0) yield rows;
      if (rows.length < count) return;
      const some = rows.slice(0, FEW);
      count = Math.min(MANY, Math.max(FEW, Math.round((PAGE * some.length) / String(some).length)));
    }
  }

  /** The operation of a statement, once it has ended well. */
  private async finished(statement: string, { signal, onProgress }: ExecuteOptions = {}): Promise<string> {
    if (signal?.aborted) throw new Error('cancelled');
    const { identifier } = await this.taken(statement, { signal, onProgress });
    const cancel = () => this.act(identifier, 'cancel').catch(() => undefined);
    signal?.addEventListener('abort', cancel);
    try {
      const began = Date.now();
      let told = began;
      for (;;) {
        const { state, exception, progress } = await this.request('GET', `/operations/${identifier}/event`);
        if (state === 'FINISHED_STATE') return identifier;
        if (signal?.aborted && state === 'CANCELED_STATE') throw new Error('cancelled');
        if (/ERROR|CANCELED|TIMEOUT|CLOSED/.test(state)) throw new Failure(statement, state, exception?.message ?? JSON.stringify(exception));
        if (Date.now() - told >= 1000) {
          told = Date.now();
          onProgress?.(progressOf(state, progress));
        }
        // Each look is a login: what takes long is looked at less often.
        await delay(Math.min(1000, Math.max(50, (Date.now() - began) / 20)));
      }
    } finally {
      signal?.removeEventListener('abort', cancel);
    }
  }

  /** The gateway takes a statement once there is an engine. One that is cancelled until then is cancelled when it is taken. */
  private async taken(statement: string, { signal, onProgress }: ExecuteOptions): Promise<{ identifier: string }> {
    const taken = this.request('POST', `${this.path}/operations/statement`, { statement, runAsync: true });
    let cancel = () => {};
    const cancelled = new Promise<never>((_, reject) => {
      cancel = () => reject(new Error('cancelled'));
    });
    signal?.addEventListener('abort', cancel);
    const telling = setInterval(() => onProgress?.(progressOf('')), 1000);
    try {
      return await Promise.race([taken, cancelled]);
    } catch (error) {
      taken.then(({ identifier }) => this.act(identifier, 'cancel')).catch(() => undefined);
      throw error;
    } finally {
      signal?.removeEventListener('abort', cancel);
      clearInterval(telling);
    }
  }

  private async next(operation: string, count: number): Promise<unknown[][]> {
    const { rows } = await this.request('GET', `/operations/${operation}/rowset?maxrows=${count}&fetchorientation=FETCH_NEXT`);
    return rows.map(({ fields }: { fields: Field[] }) => fields.map(exactValue));
  }

  private act(operation: string, action: 'cancel' | 'close'): Promise<void> {
    return this.request('PUT', `/operations/${operation}`, { action });
  }

  // biome-ignore lint/suspicious/noExplicitAny: the shape depends on the path.
  private async request(method: string, path: string, body?: unknown): Promise<any> {
    const headers = { Authorization: this.authorization, 'Content-Type': 'application/json' };
    // Not by fetch, which gives up after five minutes: the first statement waits for an engine.
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      http(this.url + path, { method, headers }, resolve)
        .on('error', reject)
        .end(body ? JSON.stringify(body) : undefined);
    });
    const answer = await text(response);
    if (Math.floor(response.statusCode! / 100) !== 2) throw new Refusal(`${method} ${path}`, response.statusCode!, answer);
    return answer ? JSON.parse(exactly(answer)) : undefined;
  }
}

/** Runs `use` in a session of its own. */
export type Connect = <T>(use: (session: SqlSession) => Promise<T>) => Promise<T>;

/** JSON whose long numbers are texts: as numbers of JavaScript they would be others. In a text of JSON the quotes would have a backslash. */
const exactly = (json: string) => json.replace(/("dataType":"I64_VAL","value":)(-?\d{16,})/g, '$1"$2"');

const exactValue = ({ dataType, value }: Field) => (dataType === 'I64_VAL' && typeof value === 'string' ? BigInt(value) : value);

/** The columns of its rows are named: TOTAL, COMPLETED, RUNNING and others. */
function progressOf(state: string, progress?: { headerNames: string[]; rows: string[][] }): Progress {
  const stages = progress?.rows ?? [];
  const sum = (header: string) => stages.reduce((total, stage) => total + Number(stage[progress!.headerNames.indexOf(header)] ?? 0), 0);
  return {
    runs: state === 'RUNNING_STATE',
    stages: stages.length,
    tasks: { all: sum('TOTAL'), done: sum('COMPLETED'), running: sum('RUNNING') },
  };
}
