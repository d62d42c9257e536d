import { setTimeout as delay } from 'node:timers/promises';
import { inSession } from './lakehouse';

export interface Acknowledgement {
  readonly id: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/**
 * A client that inserts one row a second, each with a number of its own, and connects anew when its connection is lost.
 *
 * A row whose statement failed is not tried again: it may be stored or not, but nobody was told that it is.
 */
export class Writer {
  readonly acknowledged: Acknowledgement[] = [];
  readonly errors: string[] = [];
  private next = 1;
  private stopped = false;
  private readonly work: Promise<void>;

  constructor(private readonly table: string) {
    this.work = this.write();
  }

  /** The first row that was acknowledged after that moment was begun after it, too. */
  async firstAfter(moment: number, seconds: number): Promise<Acknowledgement> {
    for (const end = Date.now() + seconds * 1000; Date.now() < end; await delay(100)) {
      const found = this.acknowledged.find(({ at }) => at > moment);
      if (found) return found;
    }
    throw new Error(`no row was acknowledged for ${seconds} s; the last errors: ${this.errors.slice(-3).join('\n')}`);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.work;
  }

  private async write(): Promise<void> {
    while (!this.stopped) {
      await inSession(async (session) => {
        while (!this.stopped) {
          const began = Date.now();
          const id = this.next++;
          await session.run(`INSERT INTO ${this.table} VALUES (${id})`);
          this.acknowledged.push({ id, at: Date.now() });
          await delay(Math.max(0, began + 1000 - Date.now()));
        }
      }).catch(async (error) => {
        this.errors.push(String(error.message));
        await delay(500);
      });
    }
  }
}
