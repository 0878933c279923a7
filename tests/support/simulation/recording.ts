import { decodeFanoutMessage } from "../../../packages/pubsub/src/core/fanout/decode-message.ts";
import type { FanoutLedger, FanoutQueue, QueuedMessage } from "../../../packages/pubsub/src/core/ports.ts";
import type { Records } from "./records.ts";

/** Records each claim, each settled unit and run, and each abandoned consumer, with the invocation. */
export function recordingLedger(ledger: FanoutLedger, records: Records, invocation: number): FanoutLedger {
  const keyOf = (unit: string, { epoch, offset }: { epoch: string; offset: number }): string =>
    `${invocation} ${unit} ${epoch} ${offset}`;
  return {
    rows: ledger.rows,
    plan: ledger.plan,
    doneInRuns: ledger.doneInRuns,
    async claim(request) {
      const { publication, unit } = request;
      const outcome = await ledger.claim(request);
      if (outcome.outcome === "claimed" || outcome.outcome === "taken-over") {
        records.claims.set(keyOf(unit, publication), {
          unit,
          position: publication,
          invocation,
          settled: false,
        });
      }
      return outcome;
    },
    async settle(request) {
      await ledger.settle(request);
      const claim = records.claims.get(keyOf(request.unit, request.publication));
      if (claim) claim.settled = true;
    },
    async settleRun(request) {
      await ledger.settleRun(request);
      const { epoch, results } = request;
      for (const { offset } of results) {
        const position = { epoch, offset };
        const run = { unit: "run", position, invocation, settled: true };
        records.claims.set(keyOf(run.unit, position), run);
      }
    },
    async abandon(request) {
      await ledger.abandon(request);
      const { publication, abandonment } = request;
      records.abandoned.push({ position: publication, consumers: abandonment.consumers });
    },
  };
}

/** Records the consumers of each redelivery. */
export function recordingQueue(queue: FanoutQueue, records: Records, invocation: number): FanoutQueue {
  return {
    durable: queue.durable,
    deadLetter: queue.deadLetter,
    send(messages) {
      for (const { body } of messages) {
        const decoded = decodeFanoutMessage(body);
        if (!decoded.ok || decoded.message.kind !== "part") continue;
        const { consumers, epoch, offsets } = decoded.message;
        for (const { consumer, from } of consumers) {
          const wanted = offsets.filter((offset) => offset >= from);
          const positions = wanted.map((offset) => ({ epoch, offset }));
          records.handedOn.push({ consumer, invocation, positions });
        }
      }
      return queue.send(messages);
    },
  };
}

/** Counts how many messages for a whole topic name each position. */
export function recordQueued(messages: readonly QueuedMessage[], { queued }: Records): void {
  for (const { body } of messages) {
    const decoded = decodeFanoutMessage(body);
    if (!decoded.ok || decoded.message.kind !== "topic") continue;
    const { epoch, offsets } = decoded.message;
    for (const offset of offsets) {
      const name = `${epoch}#${offset}`;
      queued.set(name, (queued.get(name) ?? 0) + 1);
    }
  }
}
