const Sequencer = require('@jest/test-sequencer').default;

/** By name: the last file takes away what the others need. */
module.exports = class extends Sequencer {
  sort(tests) {
    return [...tests].sort((one, other) => one.path.localeCompare(other.path));
  }
};
