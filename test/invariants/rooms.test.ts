import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const LIB = join(__dirname, '../../lib');

/** The folder of a file below lib/, however deep; nothing for a file of lib/ itself. */
const roomOf = (file: string) => (file.includes('/') ? file.split('/')[0]! : undefined);

interface Import {
  readonly from: string;
  readonly to: string;
}

/** From one room into another, types too: what a type says is as hard to change as what a function does. */
function imports(sources: Record<string, string>): Import[] {
  return Object.entries(sources).flatMap(([file, text]) =>
    [...text.matchAll(/from '(\.[^']*)'/g)].flatMap(([, path]) => {
      const [from, to] = [roomOf(file), roomOf(relative('.', join(dirname(file), path!)))];
      return from && to && from !== to ? [{ from, to }] : [];
    }),
  );
}

/** Rooms that reach themselves. */
function circles(sources: Record<string, string>): string[] {
  const found = imports(sources);
  const next = (room: string) => [...new Set(found.filter(({ from }) => from === room).map(({ to }) => to))];
  const walk = (room: string, path: string[]): string[][] =>
    next(room).flatMap((to) => (to === path[0] ? [[...path, to]] : path.includes(to) ? [] : walk(to, [...path, to])));
  const rooms = [...new Set(found.map(({ from }) => from))];
  return rooms.flatMap((room) => walk(room, [room])).map((path) => path.join(' → '));
}

const lib = Object.fromEntries(
  readdirSync(LIB, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => [file, readFileSync(join(LIB, file), 'utf8')]),
);

test('no room of lib/ imports another that imports it, on whatever way', () => {
  expect(circles(lib)).toEqual([]);
  expect(imports(lib).length).toBeGreaterThan(50);
});

test.each([
  ['a value', "import { Cpu } from '../b/cpu';"],
  ['a type', "import type { Cpu } from '../b/cpu';"],
])('a circle by %s is found', (_, text) => {
  const other = { 'b/cpu.ts': "import { size } from '../c/size';", 'c/size.ts': "import { a } from '../a/a';" };
  expect(circles({ ...other, 'a/a.ts': text })).toContain('a → b → c → a');
  expect(circles({ ...other, 'a/deep/a.ts': text.replace('..', '../..') })).toContain('a → b → c → a');
  expect(circles(other)).toEqual([]);
});
