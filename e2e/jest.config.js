const { readdirSync } = require('node:fs');
const { join } = require('node:path');

/** Those of `long/` take hours: they run when they are named, alone, and make what they need themselves. */
const long = readdirSync(join(__dirname, 'long'))
  .filter((file) => file.endsWith('.e2e.ts'))
  .map((file) => file.replace('.e2e.ts', ''));
const named = process.argv.slice(2).filter((word) => long.includes(word));

/** On a cluster, one file after the other: they share it. */
module.exports = {
  rootDir: '..',
  testMatch: named.length > 0 ? named.map((name) => `<rootDir>/e2e/long/${name}.e2e.ts`) : ['<rootDir>/e2e/*.e2e.ts'],
  transform: { '\\.ts$': '@swc/jest' },
  globalSetup: named.length > 0 ? '<rootDir>/e2e/long/setup.ts' : '<rootDir>/e2e/setup.ts',
  testSequencer: '<rootDir>/e2e/sequencer.js',
  testTimeout: 900_000,
  maxWorkers: 1,
  verbose: true,
};
