import { deflateRawSync, inflateRawSync } from "node:zlib";
import type {
  Clock,
  FanoutQueue,
  MemoryDeadLetters,
  QueuedMessage,
  ReceivedMessage,
} from "../../../pubsub/src/simulation/index.ts";
import { MODEL, type Timings } from "./model.ts";

/** An SQS queue with its latency. It delivers at least once, and roughly in order. */
export interface QueueModel extends FanoutQueue {
  receive(max: number): ReceivedMessage[];
  delete(id: string): void;
  /** Messages that can be received now. */
  readonly visible: number;
  /** Messages of all kinds: visible, delayed and in flight. */
  readonly size: number;
  readonly inFlightMax: number;
  /** Requests as AWS bills them: each started 64 KB is one. */
  readonly requests: number;
  /** The most messages that followed one publish one after the other. */
  readonly hopsMax: number;
  /** Is called when a message becomes visible. */
  onVisible: () => void;
}

interface Entry {
  id: string;
  body: string | Buffer;
  receiveCount: number;
  reappear?: () => void;
}

const BILLED_BYTES = 65_536;
const REQUEST_BYTES = 1_048_576;
const REQUEST_MESSAGES = 10;
/** Longer bodies are kept compressed: a large topic's parts would otherwise take half a gigabyte. */
const KEPT_AS_TEXT = 4_096;
/** A standard queue keeps roughly the order. Which of the oldest messages comes next is chance; the number is assumed. */
const OLDEST = 50;

/** The count of earlier messages of the chain, which `encodeFanoutMessage` writes after the offsets. */
const HOPS = /^[^[]*\[[\d,]*\],"hops":(\d+)/;

export function createQueueModel(
  clock: Pick<Clock, "sleep" | "after" | "random">,
  letters: MemoryDeadLetters,
  { queueSendMs }: Pick<Timings, "queueSendMs">,
): QueueModel {
  const held = new Map<string, Entry>();
  let ready: Entry[] = [];
  let first = 0;
  let sequence = 0;
  let size = 0;
  let requests = 0;
  let hopsMax = 0;
  let inFlightMax = 0;

  function appear(entry: Entry): void {
    ready.push(entry);
    queue.onVisible();
  }

  /** Takes one of the oldest messages. */
  function take(): Entry | undefined {
    const left = ready.length - first;
    if (left === 0) return undefined;
    const at = first + Math.floor(clock.random() * Math.min(OLDEST, left));
    const entry = ready[at];
    const oldest = ready[first];
    if (oldest) ready[at] = oldest;
    first += 1;
    if (first > 1_000 && first > ready.length / 2) {
      ready = ready.slice(first);
      first = 0;
    }
    return entry;
  }

  const queue: QueueModel = {
    durable: true,
    onVisible() {},
    get visible() {
      return ready.length - first;
    },
    get size() {
      return size;
    },
    get inFlightMax() {
      return inFlightMax;
    },
    get requests() {
      return requests;
    },
    get hopsMax() {
      return hopsMax;
    },
    async send(messages) {
      if (messages.length === 0) return;
      requests += billedSends(messages);
      await clock.sleep(queueSendMs * (0.5 + clock.random()));
      for (const { body, delaySeconds } of messages) {
        hopsMax = Math.max(hopsMax, 1 + Number(HOPS.exec(body.slice(0, 2_000))?.[1] ?? 0));
        const kept = body.length > KEPT_AS_TEXT ? deflateRawSync(body, { level: 1 }) : body;
        const entry: Entry = { id: `m${sequence++}`, body: kept, receiveCount: 0 };
        size += 1;
        if (delaySeconds > 0) clock.after(delaySeconds * 1_000, () => appear(entry));
        else appear(entry);
      }
    },
    async deadLetter(body, reason) {
      requests += Math.ceil(body.length / BILLED_BYTES);
      await clock.sleep(queueSendMs);
      letters.put(body, reason);
    },
    receive(max) {
      const received: ReceivedMessage[] = [];
      let bytes = 0;
      for (let entry = take(); entry; entry = received.length < max ? take() : undefined) {
        const taken = entry;
        taken.receiveCount += 1;
        held.set(taken.id, taken);
        taken.reappear = clock.after(MODEL.visibilityMs.value, () => {
          held.delete(taken.id);
          appear(taken);
        });
        const body = typeof taken.body === "string" ? taken.body : inflateRawSync(taken.body).toString();
        bytes += body.length;
        received.push({ id: taken.id, body, receiveCount: taken.receiveCount });
      }
      // One receive and one delete of the batch
      requests += Math.max(1, Math.ceil(bytes / BILLED_BYTES)) + 1;
      inFlightMax = Math.max(inFlightMax, held.size);
      return received;
    },
    delete(id) {
      const entry = held.get(id);
      if (!entry) return;
      entry.reappear?.();
      held.delete(id);
      size -= 1;
    },
  };
  return queue;
}

/** Requests have up to ten messages and 1 MiB. */
function billedSends(messages: readonly QueuedMessage[]): number {
  let billed = 0;
  let bytes = 0;
  let count = 0;
  const flush = (): void => {
    billed += Math.max(1, Math.ceil(bytes / BILLED_BYTES));
    bytes = 0;
    count = 0;
  };
  for (const { body } of messages) {
    if (count === REQUEST_MESSAGES || bytes + body.length > REQUEST_BYTES) flush();
    bytes += body.length;
    count += 1;
  }
  flush();
  return billed;
}
