import { type Clock, PubsubError } from "../../../pubsub/src/simulation/index.ts";
import { createBucket } from "./bucket.ts";
import { MODEL, type Timings } from "./model.ts";

export type UnitKind = "read" | "write";
/** What the rows of a key are: a shard of a topic's subscriptions, a topic's log, or the ledger of a publication. */
export type KeyKind = "index" | "log" | "ledger";

export interface TableCall {
  key: string;
  of: KeyKind;
  kind: UnitKind;
  units: number;
  /** The bytes that a query returns, which take time. */
  queried?: number;
}

/** The limits and latencies of a DynamoDB table, and what was used of it. */
export interface TableModel {
  /** Resolves after the call's latency. Throttled calls are made again; rejects if they are throttled for too long. */
  call(call: TableCall): Promise<void>;
  readonly units: Readonly<Record<UnitKind, number>>;
  /** The most units of one key in any second. */
  perKeyMax(of: KeyKind, kind: UnitKind): number;
  /** The most units of all keys in any second. */
  perTableMax(kind: UnitKind): number;
  throttled(): number;
}

const MEGABYTE = 1_048_576;

/** The units in one second after the other. */
interface Peak {
  second: number;
  units: number;
  most: number;
}

export function createTableModel(clock: Clock, { storageCallMs, queryMsPerMegabyte }: Timings): TableModel {
  const units = { read: 0, write: 0 };
  const buckets = new Map<string, ReturnType<typeof createBucket>>();
  const peaks = new Map<string, Peak>();
  const most = new Map<string, number>();
  let throttled = 0;

  const limitOf = (kind: UnitKind): number =>
    kind === "read" ? MODEL.partitionReadUnits.value : MODEL.partitionWriteUnits.value;

  function bucketOf(name: string, kind: UnitKind): ReturnType<typeof createBucket> {
    const known = buckets.get(name);
    if (known) return known;
    // Unused capacity of up to five minutes can add to it, but AWS does not promise that
    const bucket = createBucket(limitOf(kind), limitOf(kind), clock.now());
    buckets.set(name, bucket);
    return bucket;
  }

  function count(name: string, group: string, used: number): void {
    const second = Math.floor(clock.now() / 1_000);
    const peak = peaks.get(name) ?? { second, units: 0, most: 0 };
    if (peak.second !== second) Object.assign(peak, { second, units: 0 });
    peak.units += used;
    peak.most = Math.max(peak.most, peak.units);
    peaks.set(name, peak);
    most.set(group, Math.max(most.get(group) ?? 0, peak.most));
  }

  return {
    units,
    throttled: () => throttled,
    perKeyMax: (of, kind) => most.get(`${of} ${kind}`) ?? 0,
    perTableMax: (kind) => most.get(kind) ?? 0,
    async call({ key, of, kind, units: used, queried = 0 }) {
      const name = `${kind} ${key}`;
      const extraMs = (queried / MEGABYTE) * queryMsPerMegabyte;
      for (let tries = 1; ; tries++) {
        const passes = bucketOf(name, kind).take(used, clock.now());
        await clock.sleep(storageCallMs * (0.5 + clock.random()) + (passes ? extraMs : 0));
        if (passes) break;
        throttled += 1;
        if (tries >= MODEL.storageTries.value) {
          throw new PubsubError("STORAGE_FAILED", `${of}: the key was throttled`, { retryable: true });
        }
        await clock.sleep(clock.random() * MODEL.throttledPauseMs.value * 2 ** (tries - 1));
      }
      units[kind] += used;
      count(name, `${of} ${kind}`, used);
      count(kind, kind, used);
    },
  };
}
