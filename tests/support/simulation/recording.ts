import { decodeFanoutMessage } from "../../../packages/pubsub/src/core/fanout/decode-message.ts";
import type { FanoutLedger, FanoutQueue } from "../../../packages/pubsub/src/core/ports.ts";
import type { Records } from "./records.ts";

/** Records each claim, each settled unit and each abandoned consumer, with the invocation. */
export function recordingLedger(ledger: FanoutLedger, records: Records, invocation: number): FanoutLedger {
  const keyOf = (unit: string, { epoch, offset }: { epoch: string; offset: number }): string =>
    `${invocation} ${unit} ${epoch} ${offset}`;
  return {
    rows: ledger.rows,
    plan: ledger.plan,
    async claim(request) {
      const { publication, unit } = request;
      const outcome = await ledger.claim(request);
      if (outcome.outcome === "claimed" || outcome.outcome === "taken-over") {
        records.claims.set(keyOf(unit, publication), { position: publication, invocation, settled: false });
      }
      return outcome;
    },
    async settle(request) {
      await ledger.settle(request);
      const claim = records.claims.get(keyOf(request.unit, request.publication));
      if (claim) claim.settled = true;
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
