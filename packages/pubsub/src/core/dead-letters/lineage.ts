import type { FanoutMessage } from "../fanout/message.ts";
import { pageUnit, parentUnit } from "../fanout/units.ts";

/** Which letters a redrive's own letters came back as, so that it ends while their fault lasts. */
export interface Lineage {
  add(message: FanoutMessage): void;
  /** Whether the message was handed on by one that was added. */
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
  message.kind === "page" ? pageUnit(message.page) : message.unit;

/** What is handed on may begin later, with the first event that somebody lacks, but ends with the same one. */
const keyOf = ({ topicId, epoch, offsets }: FanoutMessage, unit: string): string =>
  `${unit} ${epoch} ${offsets.at(-1)} ${topicId}`;
