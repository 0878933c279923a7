import type { JSX } from "preact";
import type { PublicationRecord } from "../../../src/inspector/wire.ts";
import { count, duration } from "../data/format.ts";

type Unit = PublicationRecord["units"][number];

/** More bars are a carpet. Of many units the slowest are shown: they are what is looked for. */
const BARS_MAX = 60;
const TICKS = 4;

/** Draws each unit of work from its claim to its end. */
export function Timeline({
  units,
  publishedAt,
  running,
}: {
  units: readonly Unit[];
  publishedAt: number | undefined;
  running: boolean;
}): JSX.Element {
  const times = units.flatMap(({ claimedAt, doneAt }) => [claimedAt ?? [], doneAt ?? []].flat());
  const startMs = Math.min(publishedAt ?? Number.POSITIVE_INFINITY, ...bounds(times).slice(0, 1));
  const endMs = Math.max(startMs + 1, bounds(times)[1] ?? startMs, running ? Date.now() : 0);
  const spanMs = (endMs - startMs) * 1.02;
  const shown = chosen(units, endMs);
  const at = (ms: number): string => `${Math.min(100, Math.max(0, ((ms - startMs) / spanMs) * 100))}%`;
  return (
    <>
      <div class="units">
        <div class="unit axis" aria-hidden="true">
          <span />
          <span class="track">
            {Array.from({ length: TICKS }, (_, index) => (spanMs * index) / TICKS).map((ms) => (
              <span key={ms} class="tick" style={{ left: at(startMs + ms) }}>
                {ms === 0 ? "append" : `+${duration(ms)}`}
              </span>
            ))}
          </span>
          <span />
        </div>
        <ul>
          {shown.map((unit) => (
            <Bar key={unit.unit} unit={unit} at={at} endMs={endMs} />
          ))}
        </ul>
      </div>
      {shown.length < units.length && (
        <p class="muted">
          The {BARS_MAX} slowest units are shown; {count(units.length - shown.length)} faster ones are not.
        </p>
      )}
    </>
  );
}

function Bar({ unit, at, endMs }: { unit: Unit; at: (ms: number) => string; endMs: number }): JSX.Element {
  const { kind, state, claimedAt, doneAt, consumers, delivered, gone, retried, handedOn } = unit;
  const from = claimedAt ?? doneAt;
  const to = doneAt ?? (state === "claimed" ? endMs : from);
  const facts = [
    handedOn > 0 && consumers === 0 && `${count(handedOn)} parts sent`,
    delivered > 0 && `${count(delivered)} delivered`,
    gone > 0 && `${count(gone)} gone`,
    retried > 0 && `${count(retried)} retried`,
    handedOn > 0 && consumers > 0 && `${count(handedOn)} handed on`,
    state === "claimed" && "under way",
  ].filter(Boolean);
  const took =
    claimedAt !== undefined && doneAt !== undefined ? duration(Math.max(0, doneAt - claimedAt)) : undefined;
  return (
    <li class={`unit ${kind} ${state}`}>
      <span class="unit-name" title={unit.unit}>
        {shortName(unit)}
      </span>
      <span class="track" aria-hidden="true">
        {from !== undefined && to !== undefined && (
          <span
            class={claimedAt === undefined ? "bar point" : "bar"}
            style={
              claimedAt === undefined
                ? { left: at(from) }
                : { left: at(from), width: `calc(${at(to)} - ${at(from)})` }
            }
          />
        )}
      </span>
      <span class="unit-facts">
        {facts.join(", ") || "nothing to post"}
        {took && <span class="muted"> · {took}</span>}
      </span>
    </li>
  );
}

/** The first characters of a part's name, which is a digest of its consumers. */
const NAME_CHARACTERS = 5;

/** A part has a level for each unit that handed it on: below the dispatch's own parts these are retries. */
function shortName({ unit, kind }: Unit): string {
  const [step = "", ...levels] = unit.split("/");
  if (kind === "step") return `Step ${Number(step)}`;
  const part = (levels.filter((level) => level !== "dead").at(-1) ?? "").slice(0, NAME_CHARACTERS);
  if (kind === "dead") return `Redrive ${part}`;
  return levels.length > 1 ? `Retry ${levels.length - 1} · ${part}` : `Part ${part}`;
}

function chosen(units: readonly Unit[], endMs: number): readonly Unit[] {
  if (units.length <= BARS_MAX) return units;
  const tookMs = ({ claimedAt, doneAt }: Unit): number => (doneAt ?? endMs) - (claimedAt ?? doneAt ?? endMs);
  const slowest = new Set(units.toSorted((one, other) => tookMs(other) - tookMs(one)).slice(0, BARS_MAX));
  return units.filter((unit) => slowest.has(unit));
}

/** `Math.min(...times)` of a large publication would have too many arguments. */
const bounds = (times: readonly number[]): number[] =>
  times.length === 0
    ? []
    : times.reduce(
        ([least = 0, most = 0], each) => [Math.min(least, each), Math.max(most, each)],
        [times[0] ?? 0, times[0] ?? 0],
      );
