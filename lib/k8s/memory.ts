import type { Size } from 'cdk8s';

/** Raises an error if `memory` is less than what the program needs to start. */
export function atLeast(name: string, memory: Size, mebibytes: number): Size {
  if (memory.toMebibytes() < mebibytes) throw new Error(`the memory of ${name} is ${memory.toMebibytes()} MiB: give at least ${mebibytes} MiB`);
  return memory;
}

/** The JVM option for a heap of one `part`th of the memory; the rest is for code, threads and buffers. */
export const maximumHeap = (memory: Size, part: number) => `-Xmx${Math.floor(memory.toMebibytes() / part)}m`;
