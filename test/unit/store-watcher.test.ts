import { execFile, spawnSync } from 'node:child_process';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

// What runs in the cluster runs here where there is a Python.
const test = spawnSync('python3', ['--version']).status === 0 ? globalThis.test : globalThis.test.skip;

jest.setTimeout(60_000);

/** A store that keeps objects in memory, and that may not be one for us: what it does with a PUT on the condition that there is no such object. */
type Put = (objects: Map<string, string>, key: string, body: string) => number | 'no answer' | Promise<number | 'no answer'>;

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += chunk;
  return body;
}

/** Runs Python beside a store. */
async function python(script: string, put: Put): Promise<{ code: number; output: string }> {
  const objects = new Map<string, string>();
  const server = createServer(async (request, response) => {
    const [key, body] = [request.url!.split('?')[0]!, await bodyOf(request)];
    const answer = async (): Promise<number | 'no answer'> => {
      if (request.method === 'PUT' && request.headers['if-none-match'] === '*') return put(objects, key, body);
      if (request.method === 'PUT') objects.set(key, body);
      if (request.method === 'DELETE') objects.delete(key);
      return request.method === 'GET' && !objects.has(key) ? 404 : 200;
    };
    const status = await answer();
    if (status === 'no answer') return void request.socket.destroy();
    response.writeHead(status).end(request.method === 'GET' ? objects.get(key) : '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const program = `import conditional_writes, s3\nstore = s3.Store('${url}', 'us-east-1', 'user', 'password')\n${script}`;
  const env = { ...process.env, PYTHONPATH: join(__dirname, '../../lib/object-store'), PYTHONDONTWRITEBYTECODE: 'yes' };
  try {
    return await new Promise((resolve) => {
      execFile('python3', ['-c', program], { env }, (error, stdout, stderr) =>
        resolve({ code: Number(error?.code ?? 0), output: `${stdout}${stderr}` }),
      );
    });
  } finally {
    server.close();
  }
}

const always: Put = (objects, key, body) => {
  objects.set(key, body);
  return 200;
};

const prove = (put: Put) => python("print(conditional_writes.make(store, '/bucket/conditional-writes'))", put);

const once: Put = (objects, key, body) => {
  if (objects.has(key)) return 412;
  objects.set(key, body);
  return 200;
};

describe('the proof that the store creates an object once', () => {
  test('succeeds for a store that decides and writes at once, and is not made again', async () => {
    const make = "print(conditional_writes.make(store, '/bucket/conditional-writes') or 'nothing to do')";
    expect(await python(`${make}\n${make}`, once)).toEqual({
      code: 0,
      output: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+ creates an object once\nnothing to do\n$/),
    });
  });

  test('is made again for a store that was emptied', async () => {
    const make = "print(conditional_writes.make(store, '/bucket/conditional-writes'))";
    const { output } = await python(`${make}\nstore.request('DELETE', '/bucket/conditional-writes/proof')\n${make}`, once);
    expect(output.match(/creates an object once/g)).toHaveLength(2);
  });

  test.each<[string, Put, RegExp]>([
    ['that ignores the header', always, /9 of 9 writers created one object/],
    [
      'that looks first and writes then',
      async (objects, key, body) => {
        const there = objects.has(key);
        await delay(50);
        return there ? 412 : always(objects, key, body);
      },
      /[2-8] of 9 writers created one object/,
    ],
    ['that does not know the header', () => 501, /it does not know conditional writes/],
    [
      'that refuses and writes',
      (objects, key, body) => {
        const status = once(objects, key, body);
        objects.set(key, body);
        return status;
      },
      /an object has the content of a writer that was refused/,
    ],
    [
      'that forgets after a while',
      (objects, key, body) => (body === 'late' ? always : once)(objects, key, body),
      /2 of 9 writers created one object/,
    ],
  ])('refuses a store %s, with what to do', async (_, put, message) => {
    const { code, output } = await prove(put);
    expect(output).toMatch(message);
    expect(output).toContain("Use a store that honours 'If-None-Match: *' on PUT");
    expect(code).toBe(1);
  });

  // Each of them would have been a refusal that nobody saw, and so a proof.
  test.each<[string, Put, RegExp]>([
    ['nobody may write', () => 403, /not all writers have an answer.*403/],
    ['the late writer has no answer', (objects, key, body) => (body === 'late' ? 'no answer' : once(objects, key, body)), /not all writers have/],
    ['a writer has no answer', (objects, key, body) => (body === '3' ? 'no answer' : once(objects, key, body)), /not all writers have an answer/],
    [
      'a writer has none though it wrote',
      (objects, key, body) => (once(objects, key, body) === 200 ? 'no answer' : 412),
      /not all writers have an answer/,
    ],
  ])('begins again when %s, and shows why', async (_, put, message) => {
    const { output } = await prove(put);
    expect(output).toMatch(message);
    expect(output).not.toContain('creates an object once');
    expect(output).not.toContain('is no store');
  });
});
