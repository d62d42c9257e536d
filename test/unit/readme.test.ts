import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { environment } from '../../environments';
import { shellLines } from '../pages';

const root = join(__dirname, '../..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');

/** Lines of the README that a newcomer pastes into a terminal. */
const commands = shellLines('README.md').flatMap((line) => line.split(' && '));

/** What CI and the end-to-end tests run. */
const executed = [
  read('.ci/run'),
  ...readdirSync(join(root, 'e2e'))
    .filter((file) => file.endsWith('.ts'))
    .map((file) => read(`e2e/${file}`)),
].join('\n');

test('the README shows commands', () => {
  expect(commands).toEqual(expect.arrayContaining(['npm start', 'npm test', 'kubectl apply -f dist/']));
});

test.each(commands)('`%s` is run by CI or by an end-to-end test', (command) => {
  expect(executed).toContain(command);
});

test('every script that the README names exists', () => {
  const { scripts } = JSON.parse(read('package.json'));
  const named = [...read('README.md').matchAll(/npm run (\w+)/g)].map(([, name]) => name);
  expect(named.filter((name) => !(name! in scripts))).toEqual([]);
});

test('the environment that the README shows is one', () => {
  const shown = Object.keys(environment('kind')).filter((key) => !['throwAway', 'spark'].includes(key));
  for (const key of shown) expect(read('README.md')).toContain(`  ${key}: `);
});
