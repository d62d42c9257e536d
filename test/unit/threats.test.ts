import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '../..');
const rows = readFileSync(join(root, 'docs/threats.md'), 'utf8')
  .split('## What is tried')[1]!
  .split('## ')[0]!
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (somebody who|-)/.test(line));

/** Names as the tests write them. */
const names = [join(root, 'e2e'), join(root, 'e2e/long')]
  .flatMap((folder) =>
    readdirSync(folder)
      .filter((file) => file.endsWith('.e2e.ts'))
      .map((file) => readFileSync(join(folder, file), 'utf8')),
  )
  .join('\n');

test.each(rows.map((row) => [row.split('|').at(-2)!.trim().replaceAll('`', ''), row] as const))("the threat model's test '%s' is there", (name) => {
  expect(names.includes(`'${name}`) || names.includes(`"${name}`)).toBe(true);
});

test('the threat model has lines', () => {
  expect(rows.length).toBeGreaterThan(15);
});
