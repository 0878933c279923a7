import type { Line } from "../lines.ts";
import { checkAbandonments } from "./check-abandonments.ts";
import { checkClients } from "./check-clients.ts";
import { checkLog } from "./check-log.ts";
import { checkRaws } from "./check-raws.ts";
import { gatherFacts } from "./facts.ts";
import type { Violation } from "./violation.ts";

export interface Verdict {
  deliveries: number;
  publications: number;
  clients: { lost: number; duplicated: number; reordered: number };
  raw: { deliveries: number; lost: number; duplicated: number };
  abandoned: number;
  violations: Violation[];
}

/** Judges a history. This is a pure function, so that a kept history can be judged again. */
export function check(lines: readonly Line[], { indexLagMs }: { indexLagMs: number }): Verdict {
  const facts = gatherFacts(lines);
  const clients = checkClients(facts);
  const raws = checkRaws(facts, indexLagMs);
  const { lost, duplicated, reordered } = clients;
  return {
    deliveries: clients.deliveries + raws.deliveries,
    publications: [...facts.publications.values()].filter(({ accepted }) => accepted).length,
    clients: { lost, duplicated, reordered },
    raw: { deliveries: raws.deliveries, lost: raws.lost, duplicated: raws.duplicated },
    abandoned: raws.abandoned,
    violations: [...checkLog(facts), ...clients.violations, ...raws.violations, ...checkAbandonments(facts)],
  };
}
