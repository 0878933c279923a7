import type { JSX } from "preact";
import type { PublicationRecord } from "../../../src/inspector/wire.ts";
import { count, duration, plural, time } from "../data/format.ts";

interface Stage {
  name: string;
  what: string;
  atMs?: number | undefined;
  state: "done" | "now" | "waiting";
}

/** The way of a publication from the log to the consumers, with the time that each stage took. */
export function Stages({ record }: { record: PublicationRecord }): JSX.Element {
  const stages = stagesOf(record);
  const [{ atMs: startMs } = { atMs: undefined }] = stages;
  return (
    <ol class="stages" aria-label="Stages">
      {stages.map(({ name, what, atMs, state }, index) => {
        const beforeMs = stages[index - 1]?.atMs;
        return (
          <li key={name} class={state}>
            <span class="stage-mark" aria-hidden="true" />
            <span class="stage-name">{name}</span>
            <span class="stage-what">{what}</span>
            <span class="stage-time" title={atMs === undefined ? undefined : time(atMs)}>
              {atMs === undefined || startMs === undefined
                ? state === "waiting"
                  ? "waiting"
                  : state === "now"
                    ? "under way"
                    : "no time recorded"
                : index === 0
                  ? time(atMs)
                  : `+${duration(atMs - startMs)}`}
            </span>
            {atMs !== undefined && beforeMs !== undefined && index > 0 && (
              <span class="stage-took">{duration(Math.max(0, atMs - beforeMs))}</span>
            )}
          </li>
        );
      })}
    </ol>
  );
}

function stagesOf({
  state,
  publishedAt,
  units,
  delivered,
  gone,
  abandoned,
  pages,
}: PublicationRecord): Stage[] {
  const steps = units.filter(({ kind }) => kind === "step");
  const parts = units.filter(({ kind }) => kind === "part");
  const begun = earliest(units.map(({ claimedAt, doneAt }) => claimedAt ?? doneAt));
  const dispatched = steps.filter((step) => step.state === "done");
  const isDispatched = dispatched.length > 0 && dispatched.length === steps.length;
  const ended = latest(units.map(({ doneAt }) => doneAt));
  const isComplete = state === "complete";
  const reached = delivered + gone + abandoned;
  return [
    { name: "Appended", what: "to the topic's log", atMs: publishedAt, state: "done" },
    {
      name: "Picked up",
      what: units.length === 0 ? "message in the queue" : "by a worker",
      atMs: begun,
      state: units.length > 0 ? "done" : "now",
    },
    {
      name: "Dispatched",
      what:
        parts.length > 0 ? `${plural(steps.length, "step")}, ${plural(parts.length, "part")}` : "as one part",
      atMs: isDispatched ? latest(dispatched.map(({ doneAt }) => doneAt)) : undefined,
      state: isDispatched ? "done" : units.length > 0 ? "now" : "waiting",
    },
    {
      name: isComplete ? "Complete" : "Posting",
      what: `${plural(reached, "consumer")}, ${count(pages)} ${pages === 1 ? "page" : "pages"} done`,
      atMs: isComplete ? ended : undefined,
      state: isComplete ? "done" : units.length > 0 ? "now" : "waiting",
    },
  ];
}

const known = (times: readonly (number | undefined)[]): number[] =>
  times.filter((each) => each !== undefined);
const earliest = (times: readonly (number | undefined)[]): number | undefined =>
  known(times).reduce<number | undefined>((least, each) => Math.min(least ?? each, each), undefined);
const latest = (times: readonly (number | undefined)[]): number | undefined =>
  known(times).reduce<number | undefined>((most, each) => Math.max(most ?? each, each), undefined);
