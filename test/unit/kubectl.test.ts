import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isInstalled } from '../../cli/kubectl';

// `false` knows no option.
test.each(['node', 'false'])('%s is installed', async (name) => expect(await isInstalled(name)).toBe(true));

test('a program that is on no path is not installed', async () => expect(await isInstalled('lakehouse-no-such-program')).toBe(false));

// Windows has none, and sets no variables in front of a command.
test('what people run needs no shell of Unix', () => {
  const cli = join(__dirname, '../../cli');
  const files = readdirSync(cli, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  expect(files).toContain(join('sql', 'command.ts'));
  for (const file of files)
    expect(`${file}: ${readFileSync(join(cli, file), 'utf8')}`).not.toMatch(/(command|isInstalled|spawn\w*|execFile\w*)\('(sh|bash)'/);
  const { scripts } = JSON.parse(readFileSync(join(__dirname, '../../package.json'), 'utf8'));
  for (const name of ['start', 'stop', 'synth', 'lakehouse', 'test', 'lint']) expect(scripts[name]).not.toMatch(/^\w+=|;|\$/);
});
