import { setTimeout as delay } from 'node:timers/promises';
import type { Get } from './kubectl';
import type { Manifest } from './manifests';
import { type Snapshot, snapshotOf } from './snapshot';
import { type State, stateOf, workloadsOf } from './workload';

/** In milliseconds. For so long nothing may have worked on anything: then nobody waits for something that still comes. */
const QUIET = { stuck: 10_000, waits: 60_000 };

/** The lakehouse does not become ready, with the reason of everything that is not. */
export class NotReady extends Error {
  constructor(why: string, states: State[]) {
    super([`the lakehouse is not up: ${why}`, ...states.filter(({ done }) => !done).map(({ title, reason }) => `  ${title}: ${reason}`)].join('\n'));
  }
}

/**
 * The states of all workloads, each second, until all are done.
 *
 * Raises {@link NotReady} after `seconds`, and as soon as nothing can change any more: something needs a hand, and all else waits; or all wait for each other.
 */
export async function* watch(get: Get, manifests: Manifest[], seconds: number): AsyncGenerator<State[]> {
  const workloads = workloadsOf(manifests);
  const deadline = Date.now() + seconds * 1000;
  let worked = Date.now();
  let done = 0;
  for (let snapshot: Snapshot | undefined; ; await delay(1000)) {
    const said = await snapshotOf(get, workloads[0]!.metadata.namespace!).catch((error: Error) => error);
    if (!(said instanceof Error)) snapshot = said;
    const states = workloads.map((workload) => stateOf(workload, snapshot ?? NOTHING));
    const answering =
      said instanceof Error
        ? states.map((state) => (state.done ? state : { ...state, reason: `the cluster does not answer: ${said.message}` }))
        : states;
    yield answering;
    const waiting = answering.filter((state) => !state.done);
    if (waiting.length === 0) return;
    const isStuck = waiting.some(({ progress }) => progress === 'stuck');
    // What failed once may succeed, but not while something else needs a hand: it is likely to be what failed it.
    if (waiting.some(({ progress }) => progress === 'works' || (progress === 'retries' && !isStuck)) || states.length - waiting.length !== done)
      worked = Date.now();
    done = states.length - waiting.length;
    if (Date.now() - worked > (isStuck ? QUIET.stuck : QUIET.waits))
      throw new NotReady(isStuck ? 'somebody has to do something' : 'all that is left waits for something that does not come', answering);
    if (Date.now() > deadline) throw new NotReady(`${seconds} s are over`, answering);
  }
}

const NOTHING: Snapshot = { objects: [], events: [], logs: new Map() };
