import { isPubsubError, PubsubError } from "../errors.ts";
import type { FanoutQueue, QueuedMessage } from "../ports.ts";
import { handleBatch } from "./batch.ts";
import type { FanoutContext, FanoutSettings } from "./worker.ts";

/** A redelivery is posted beside the dispatch. Each dispatch has up to two parts in memory. */
const UNITS_AT_ONCE = 2;
/** Fewer attempts than with a queue, because a publish waits for all of them. */
const ATTEMPTS_MAX = 3;
const DELAY_MS_MAX = 1_000;
/** How long a claim lasts. Posting stops earlier, so that there is time to write the results into the ledger. */
const LEASE_MS = 30_000;
const POSTING_MS = 20_000;
/** Their sum is longer than a lease. So the last try can claim what a failed try had claimed. */
const RETRY_DELAYS_MS = [250, 1_000, 4_000, 10_000, 20_000];

export interface InProcessQueue extends FanoutQueue {
  readonly durable: false;
}

/**
 * Takes the place of the fan-out queue. `send` runs the code that handles the queue's messages, and resolves when all
 * work is done, redeliveries included. If the process dies, its messages are lost, but the topic's log is not.
 */
export function createInProcessQueue(
  context: Omit<FanoutContext, "queue" | "deadlineMs" | "leaseUntilMs">,
): InProcessQueue {
  const settings: FanoutSettings = { ...context.settings, maxAttempts: ATTEMPTS_MAX };
  const { clock } = context;
  const inSlot = createSlots(UNITS_AT_ONCE);

  async function work({ body, delaySeconds }: QueuedMessage, queue: FanoutQueue): Promise<void> {
    if (delaySeconds > 0) await clock.sleep(clock.random() * DELAY_MS_MAX);
    for (const [tries, retryDelayMs] of [...RETRY_DELAYS_MS, undefined].entries()) {
      const nowMs = clock.now();
      const limits = { deadlineMs: nowMs + POSTING_MS, leaseUntilMs: nowMs + LEASE_MS };
      const received = { id: "in-process", body, receiveCount: tries + 1 };
      const outcomes = await inSlot(() =>
        handleBatch({ ...context, settings, ...limits, queue }, [received]),
      );
      const outcome = outcomes.get(received.id);
      if (outcome?.outcome !== "retry") return;
      const { error } = outcome;
      const isFinal = isPubsubError(error) && !error.retryable;
      if (retryDelayMs === undefined || isFinal) throw unfinished(error);
      await clock.sleep(retryDelayMs);
    }
  }

  return {
    durable: false,
    async send(messages) {
      // Messages that a unit of work sends run beside the unit, not inside it. The outer `send` waits for them too
      const running: Promise<void>[] = [];
      const nested: FanoutQueue = {
        durable: false,
        deadLetter: noDeadLetter,
        async send(more) {
          for (const message of more) running.push(work(message, nested));
        },
      };
      await nested.send(messages);
      const failures: unknown[] = [];
      for (let done = 0; done < running.length; done++) {
        await running[done]?.catch((error: unknown) => failures.push(error));
      }
      if (failures.length > 0) throw failures[0];
    },
    deadLetter: noDeadLetter,
  };
}

/**
 * Does nothing, because there is no dead-letter queue in process. The code that abandons a delivery reports it
 * (`delivery-abandoned`) and writes it into the ledger, so that the publication's status counts it.
 */
const noDeadLetter = async (): Promise<void> => {};

const unfinished = (cause: unknown): PubsubError =>
  new PubsubError("FANOUT_NOT_QUEUED", "the event is in the log, but its fan-out in process did not finish", {
    retryable: isPubsubError(cause) ? cause.retryable : true,
    cause,
  });

/** Runs up to `count` tasks at once. The others wait for their turn. */
function createSlots(count: number): <Result>(task: () => Promise<Result>) => Promise<Result> {
  const waiting: (() => void)[] = [];
  let free = count;
  return async (task) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await task();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}
