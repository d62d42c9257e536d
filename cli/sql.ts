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

interface Row {
  readonly fields: { readonly value: unknown }[];
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

  /** Runs a statement and returns its rows. Raises an error with what the engine says if it fails. */
  async run(statement: string): Promise<unknown[][]> {
    const { identifier } = await this.request('POST', `${this.path}/operations/statement`, { statement, runAsync: true });
    const began = Date.now();
    for (;;) {
      const { state, exception } = await this.request('GET', `/operations/${identifier}/event`);
      if (state === 'FINISHED_STATE') break;
      if (/ERROR|CANCELED|TIMEOUT|CLOSED/.test(state))
        throw new Error(`'${statement}' ended in ${state}: ${exception?.message ?? JSON.stringify(exception)}`);
      // Each look is a login: what takes long is looked at less often.
      await delay(Math.min(1000, Math.max(50, (Date.now() - began) / 20)));
    }
    const { rows } = await this.request('GET', `/operations/${identifier}/rowset?maxrows=1000&fetchorientation=FETCH_NEXT`);
    return rows.map((row: Row) => row.fields.map(({ value }) => value));
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
    return answer ? JSON.parse(answer) : undefined;
  }
}
