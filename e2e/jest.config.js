/** On a cluster, one file after the other: they share it. */
module.exports = {
  rootDir: '..',
  testMatch: ['<rootDir>/e2e/*.e2e.ts'],
  transform: { '\\.ts$': '@swc/jest' },
  globalSetup: '<rootDir>/e2e/setup.ts',
  testSequencer: '<rootDir>/e2e/sequencer.js',
  testTimeout: 900_000,
  maxWorkers: 1,
  verbose: true,
};
