import type { EncodedData } from "../../core/publish/data.ts";
import type { FailedPublication, PublishResult } from "../../core/publish/publish.ts";
import type { EventToPublish, PublishBody } from "./body.ts";
import { type HttpError, type HttpProblem, problemOf } from "./problem.ts";

export type ListResult = Omit<PublishResult, "topicId"> | { error: HttpError };

export interface ListResults {
  topicId: string;
  /** How many events were not published. */
  failed: number;
  /** In the order of the request. */
  results: ListResult[];
}

/** An event that may be published. */
export interface CheckedEvent {
  topicId: string;
  encoded: EncodedData;
  publicationId: string | undefined;
}

export interface PublishSteps {
  /** Rejects with the reason if the event must not be published. */
  check(event: EventToPublish): Promise<CheckedEvent>;
  publish(event: CheckedEvent): Promise<PublishResult>;
  /** Returns a result for each event, in their order. */
  publishAll(events: readonly CheckedEvent[]): Promise<(PublishResult | FailedPublication)[]>;
  /** Reports why an event of a list was not published. */
  report(problem: HttpProblem): void;
}

/**
 * Publishes the events of one request. For a list, each event has a result of its own. If the table or the queue failed for
 * every event, the whole request has failed: a caller that looks only at the status then sees it too.
 */
export async function publishEvents(
  topicId: string,
  { list, events }: PublishBody,
  steps: PublishSteps,
): Promise<PublishResult | ListResults> {
  if (!list) return steps.publish(await steps.check(events[0]));
  const outcomes = await publishList(events, steps);
  const problems = outcomes.flatMap((outcome) => ("problem" in outcome ? [outcome.problem] : []));
  const [first] = problems;
  if (first && problems.length === events.length && problems.every(({ status }) => status >= 500))
    throw first;
  for (const problem of problems) steps.report(problem);
  return { topicId, failed: problems.length, results: outcomes.map(listResultOf) };
}

type Outcome = { result: PublishResult } | { problem: HttpProblem };

/** Every check comes before the first append, because a slow one would change the order of the events. */
async function publishList(
  events: readonly EventToPublish[],
  { check, publishAll }: PublishSteps,
): Promise<Outcome[]> {
  const checked = await Promise.allSettled(events.map(check));
  const valid = checked.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
  const published = await publishAll(valid);
  let next = 0;
  return checked.map((each) => {
    if (each.status === "rejected") return { problem: problemOf(each.reason) };
    const result = published[next++];
    return result && !("error" in result) ? { result } : { problem: problemOf(result?.error) };
  });
}

function listResultOf(outcome: Outcome): ListResult {
  if ("problem" in outcome) return { error: outcome.problem.error };
  const { topicId: _, ...position } = outcome.result;
  return position;
}
