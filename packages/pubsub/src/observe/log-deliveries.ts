import type { PipelineEvent } from "../core/pipeline-events.ts";

/** Of which publications lines are logged: of all, or only where something other than delivery happened. */
export type LogDeliveries = "problems" | "all";

/** For each event that a publication without problems causes: whether nothing else happened in it. */
const CHECKS: { [Name in PipelineEvent["event"]]?: (event: PipelineEvent & { event: Name }) => boolean } = {
  "publication-accepted": ({ duplicate }) => !duplicate,
  "unit-completed": ({ attempt, gone, retried, handedOn }) =>
    attempt === 1 && gone === 0 && retried === 0 && handedOn === 0,
  "parts-sent": () => true,
  "posts-made": ({ attempt, posts, delivered, quickRetries }) =>
    attempt === 1 && posts === delivered && quickRetries.length === 0,
};

/** Whether an event only says that a publication was accepted and delivered. */
export const isPlainDelivery = (event: PipelineEvent): boolean =>
  (CHECKS[event.event] as ((event: PipelineEvent) => boolean) | undefined)?.(event) ?? false;
