import { atTerminal, cluster, eventually, NAMESPACE, rest, run, TENANT, USER } from '../lakehouse';
import { bringUp } from '../setup';
import { withGateway } from '../with-gateway';

beforeAll(() => bringUp(process.env.LAKEHOUSE_CONTEXT!), 900_000);

withGateway('lakehouse sql writes a million rows as CSV, in memory for a few thousand', () => {
  const rows = `SELECT id, id * 7 AS i, cast(id / 3 AS decimal(12,2)) AS d, timestampadd(SECOND, id, timestamp'2024-01-01') AS t, repeat('x', 20) AS s FROM range(1000000)`;
  const began = Date.now();
  const counted = run(
    `NODE_OPTIONS=--max-old-space-size=48 npm run --silent lakehouse -- sql --context test --format csv -e "${rows}" | awk -F, '{ n++; s += $1 % 1000 } END { printf "%d %d", n, s }'`,
  );
  console.log(`a million rows as CSV in ${Math.round((Date.now() - began) / 1000)} s`);
  expect(counted.trim()).toBe('1000001 499500000');
});

withGateway('at the prompt a killed engine is said, and the next one answers', async () => {
  const kill = `kubectl --context ${cluster.context} -n ${TENANT} delete pod -l spark-role=driver --grace-period=0 --force`;
  const typing = atTerminal(
    'npm run --silent lakehouse -- sql --context test',
    ['type', 'SELECT 1 AS one;\r'],
    ['see', '1 row'],
    ['type', 'SELECT count(*) FROM range(1000000) a CROSS JOIN range(1000000) b WHERE a.id * b.id % 7 = 8;\r'],
    ['see', '[1-9] running'],
    ['run', kill],
    ['see', 'A new one is open, without what SET, USE and temporary views were in that one'],
    ['type', 'SELECT 2 AS two;\r'],
    ['see', 'waits for its engine'],
    ['see', '1 row'],
    ['type', '\\q\r'],
  );
  await expect(typing).resolves.toContain('two');
});

withGateway('a terminal that is closed leaves no session, nor a query that runs', () =>
  cluster.forwarded(NAMESPACE, 'svc/kyuubi', 10099, async (port) => {
    const ask = await rest(port, USER);
    const sessions = async () => JSON.parse((await ask('GET', '/sessions')).text).length;
    const before = await sessions();
    await atTerminal(
      'npm run --silent lakehouse -- sql --context test',
      ['type', 'SELECT count(*) FROM range(1000000) a CROSS JOIN range(1000000) b WHERE a.id * b.id % 7 = 8;\r'],
      ['see', '[1-9] running'],
      ['hang', 'up'],
    );
    await eventually('its session is closed', 60, async () => (await sessions()) === before);
  }),
);
