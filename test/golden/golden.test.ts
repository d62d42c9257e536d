import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { environment, environmentNames } from '../../environments';
import { synthesize } from '../manifests';

/** In a file that is YAML as a whole, what is none stands as a comment. */
function asComment(text: string): string {
  const lines = text.trimEnd().split('\n');
  return lines.map((line) => `${`# ${line}`.trimEnd()}\n`).join('');
}

// Each change of an environment is seen in review. `npm run golden` writes the files.
describe.each(environmentNames)('%s', (name) => {
  const files = Object.entries(synthesize(environment(name)));
  const text = files.map(([file, content]) => `---\n# ${file}\n${file.endsWith('.yaml') ? content : asComment(content)}`).join('');
  const golden = join(__dirname, `${name}.yaml`);

  test('is what golden/ says', () => {
    if (process.env.UPDATE_GOLDEN) writeFileSync(golden, text);
    if (!existsSync(golden)) throw new Error(`there is no ${golden}: run 'npm run golden'`);
    // As lines: those that differ are shown with their neighbours.
    expect(text.split('\n')).toEqual(readFileSync(golden, 'utf8').split('\n'));
  });

  test('is YAML', () => {
    expect(parseAllDocuments(text).flatMap((document) => [...document.errors])).toEqual([]);
  });
});

test('there are no other golden files', () => {
  const names = readdirSync(__dirname).flatMap((file) => file.match(/^(.*)\.yaml$/)?.[1] ?? []);
  expect(names.filter((name) => !environmentNames.includes(name))).toEqual([]);
});
