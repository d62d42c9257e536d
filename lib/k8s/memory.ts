import { type Size, SizeRoundingBehavior } from 'cdk8s';

/** Raises an error if `memory` is less than what the program needs to start, or no whole number of MiB. */
export function atLeast(name: string, memory: Size, mebibytes: number): Size {
  const given = memory.toMebibytes({ rounding: SizeRoundingBehavior.NONE });
  if (!Number.isInteger(given) || given < mebibytes)
    throw new Error(`the memory of ${name} is ${given} MiB: give a whole number of MiB, at least ${mebibytes}`);
  return memory;
}

/** The JVM option for a heap of one `part`th of the memory; the rest is for code, threads and buffers. */
export const maximumHeap = (memory: Size, part: number) => `-Xmx${Math.floor(memory.toMebibytes() / part)}m`;
