import { createHash } from 'node:crypto';

/** Eight digits that change when the value does. */
export function contentHash(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 8);
}
