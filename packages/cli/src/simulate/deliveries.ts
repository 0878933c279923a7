/** Counts who received what: a bit for each subscriber and event, dropped as soon as all have it. */
export interface Deliveries {
  /** An event was published. Returns its number, from 0. */
  published(atMs: number): number;
  /** A post of events by number to one subscriber succeeded. */
  delivered(subscriber: number, events: readonly number[], atMs: number): void;
  duplicates(): number;
  /** The number of subscribers with every event. */
  reached(): number;
  /** For each event: milliseconds from its publish to its last first delivery. */
  durationsMs(): number[];
  /** The share of all deliveries that were made. */
  progress(): number;
}

interface Event {
  publishedMs: number;
  lastMs: number;
  count: number;
  /** Absent once every subscriber has it. */
  has?: Uint8Array | undefined;
}

export function createDeliveries(subscribers: number, publications: number): Deliveries {
  const events: Event[] = [];
  let duplicates = 0;
  let deliveries = 0;

  return {
    published(atMs) {
      const has = new Uint8Array(Math.ceil(subscribers / 8));
      return events.push({ publishedMs: atMs, lastMs: atMs, count: 0, has }) - 1;
    },
    delivered(subscriber, numbers, atMs) {
      const byte = subscriber >> 3;
      const bit = 1 << (subscriber & 7);
      for (const number of numbers) {
        const event = events[number];
        if (!event) throw new Error(`event ${number} was delivered and never published`);
        const had = event.has ? event.has[byte] : 0xff;
        if (had === undefined) throw new Error(`subscriber ${subscriber} does not exist`);
        if ((had & bit) !== 0) {
          duplicates += 1;
          continue;
        }
        if (event.has) event.has[byte] = had | bit;
        event.count += 1;
        event.lastMs = atMs;
        deliveries += 1;
        if (event.count === subscribers) event.has = undefined;
      }
    },
    duplicates: () => duplicates,
    reached() {
      if (events.length < publications) return 0;
      const missing = new Uint8Array(Math.ceil(subscribers / 8));
      for (const { has } of events) {
        has?.forEach((bits, byte) => {
          missing[byte] = (missing[byte] ?? 0) | ~bits;
        });
      }
      let lacking = 0;
      for (let index = 0; index < subscribers; index++) {
        if (((missing[index >> 3] ?? 0) & (1 << (index & 7))) !== 0) lacking += 1;
      }
      return subscribers - lacking;
    },
    durationsMs: () => events.map(({ publishedMs, lastMs }) => lastMs - publishedMs),
    progress: () => deliveries / (subscribers * publications),
  };
}
