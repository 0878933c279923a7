import type { FanoutMessage } from "../fanout/message.ts";
import { parentUnit, stepUnit } from "../fanout/units.ts";

/**
 * Recognizes letters that came back from messages of the same redrive. The redrive leaves them in the queue. Otherwise
 * it would not end while their deliveries keep failing.
 */
export interface Lineage {
  add(message: FanoutMessage): void;
  /** Returns whether an added message, or a unit that it handed on, handed this message on. */
  descends(message: FanoutMessage): boolean;
}

export function createLineage(): Lineage {
  const redriven = new Set<string>();
  return {
    add: (message) => void redriven.add(keyOf(message, unitOf(message))),
    descends(message) {
      for (let unit = unitOf(message); unit.includes("/"); ) {
        unit = parentUnit(unit);
        if (redriven.has(keyOf(message, unit))) return true;
      }
      return false;
    },
  };
}

const unitOf = (message: FanoutMessage): string =>
  message.kind === "topic" ? stepUnit(message.step) : message.unit;

/**
 * Uses the last offset. A message that is handed on may begin later, with the first event that a consumer lacks, but
 * it ends with the same event.
 */
const keyOf = ({ topicId, epoch, offsets }: FanoutMessage, unit: string): string =>
  `${unit} ${epoch} ${offsets.at(-1)} ${topicId}`;
