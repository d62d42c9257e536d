import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { oneLine, shell, waitFor } from '../../lib/k8s/shell';

const PROGRAMS = ['sh', 'bash'];

/** Runs a script as a container would, with other bounds, and with the counts of another cgroup. */
function run(program: string, script: string, { counts = {} as Record<string, string>, wait = 900, say = 5, take = 20 } = {}) {
  const cgroup = mkdtempSync(join(tmpdir(), 'lakehouse-cgroup-'));
  mkdirSync(join(cgroup, 'memory'));
  for (const [file, text] of Object.entries(counts)) writeFileSync(join(cgroup, file), text);
  const [command, options, text] = shell(script, program);
  const bounded = text!
    .replaceAll('/sys/fs/cgroup', cgroup)
    .replaceAll('-ge 900', `-ge ${wait}`)
    .replaceAll('wait_began + 5', `wait_began + ${say}`)
    .replaceAll('timeout 20', `timeout ${take}`);
  const { status, stdout, stderr } = spawnSync(command!, [options!, bounded], { encoding: 'utf8', cwd: cgroup });
  return { status, stdout, stderr };
}

describe.each(PROGRAMS)('a script of %s', (program) => {
  test.each([
    ['true', 0],
    ['false; true', 1],
    ['exit 65', 65],
    ['echo "$unknown"', program === 'sh' ? 2 : 1],
  ])('%s ends with %s', (script, status) => {
    expect(run(program, script, { counts: { 'memory.events': 'oom 0\noom_kill 0\n' } }).status).toBe(status);
  });

  test.each([
    ['ana', 'secret', 0, ''],
    ['ana', 'secret\n', 65, 'the key password'],
    ['ana\n', 'secret', 65, 'the key username'],
    ['ana', 'se\ncret', 65, 'write it anew without one'],
  ])('takes the login %j, %j or says which key has a line break', (username, password, status, says) => {
    const folder = mkdtempSync(join(tmpdir(), 'lakehouse-login-'));
    writeFileSync(join(folder, 'username'), username);
    writeFileSync(join(folder, 'password'), password);
    const ended = run(program, oneLine(folder));
    expect(ended.status).toBe(status);
    expect(ended.stderr).toContain(says);
  });

  test.each([
    ['cgroup v2', { 'memory.events': 'low 0\nhigh 0\nmax 7\noom 1\noom_kill 1\noom_group_kill 0\n' }],
    ['cgroup v1', { 'memory/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 2\n' }],
  ])('has failed if one of its processes was killed for memory, whatever it made of it (%s)', (_, counts) => {
    expect(run(program, 'true', { counts })).toMatchObject({ status: 137, stderr: expect.stringContaining('needs more memory') });
    expect(run(program, 'exit 65', { counts }).status).toBe(137);
  });

  test('ends when it is told to', () => {
    expect(run(program, 'kill -TERM $$; sleep 5; echo no').stdout).toBe('');
    expect(run(program, 'kill -TERM $$; sleep 5').status).toBe(143);
  });

  test('says what it waits for, and goes on', () => {
    expect(run(program, `${waitFor('the file', 'cat file')} & sleep 0.2; echo here >file; wait $!; echo done`)).toEqual({
      status: 0,
      stdout: expect.stringMatching(/^waits for the file\ngoes on, after \d s\ndone\n$/),
      stderr: '',
    });
  });

  // The caller's loop would have taken another value for its own.
  test('leaves all variables of its caller alone', () => {
    const names = ['began', 'said', 'error', 'now', 'code', 'count', 'counts', 'event'];
    const set = names.map((name) => `${name}=mine`).join('\n');
    const script = `${set}\n${waitFor('it', '[ -e once ] || { : >once; exit 1; }')}\necho ${names.map((name) => `$${name}`).join(' ')}`;
    expect(run(program, script, { counts: { 'memory.events': 'oom_kill 0\n' } }).stdout).toContain(names.map(() => 'mine').join(' '));
  });

  test('says why it still waits, in one line, without the word by which people look for errors', () => {
    const { stderr } = run(
      program,
      waitFor('it', `[ -e later ] || { echo "mc: <ERROR> no bucket's there" >&2; echo again; sleep 0.4; : >later; exit 1; }`),
      { say: 0 },
    );
    expect(stderr).toMatch(/^still waits for it, since \d s: no bucket's there again ?\n$/);
  });

  test('gives up with the last error', () => {
    expect(run(program, waitFor('the $NAME', 'echo refused; exit 1').replace(/^/, 'NAME=store\n'), { wait: 1 })).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^gave up after \d s waiting for the store: refused\n$/),
    });
  });

  test('does not go on waiting when a try was killed for memory', () => {
    const killed = 'echo "oom_kill 1" >memory.events; exit 137';
    expect(run(program, waitFor('it', killed), { counts: { 'memory.events': 'oom_kill 0\n' }, wait: 3 })).toMatchObject({
      status: 137,
      stderr: expect.stringMatching(/^a process of this container was killed: it needs more memory/),
    });
  });

  test('counts a try that takes too long as no answer', () => {
    expect(run(program, waitFor('it', 'sleep 30'), { take: 1, wait: 1 }).stderr).toMatch(/: no answer within 20 s\n$/);
  });
});
