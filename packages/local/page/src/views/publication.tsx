import type { JSX } from "preact";
import type { PublicationRecord } from "../../../src/inspector/wire.ts";
import { brief, count, dateTime, plural, time } from "../data/format.ts";
import { publicationLink, topicLink } from "../data/route.ts";
import { messageOf, read } from "../data/server.ts";
import { useAnswer } from "../data/use-answer.ts";
import { Icon } from "../parts/icon.tsx";
import { Payload } from "../parts/payload.tsx";
import { Empty, Failure, Loading } from "../parts/states.tsx";
import { Stages } from "./stages.tsx";
import { Timeline } from "./timeline.tsx";

type Found = PublicationRecord & { topicId: string; epoch: string; offset: number };
export interface PublicationName {
  topicId: string;
  epoch?: string | undefined;
  offset: number;
}

const RUNNING_EVERY_MS = 1_000;
/** A record of many units takes long to read. Then it is read less often. */
const SHARE = 10;
const TONES = { queued: "warn", delivering: "accent", complete: "good" } as const;

export function PublicationView({ name }: { name: PublicationName }): JSX.Element {
  const { topicId, epoch, offset } = name;
  const { data, error, isLoading, reload } = useAnswer(
    () => read<Found>("publication", { topic: topicId, epoch, offset }),
    (record, tookMs) =>
      record && record.state !== "complete" ? Math.max(RUNNING_EVERY_MS, tookMs * SHARE) : undefined,
  );
  return (
    <>
      <div class="view-head">
        <h1>
          <a href={topicLink(topicId)}>{topicId}</a> <span class="muted">publication</span> {offset}
        </h1>
        {data && (
          <span class={`badge ${TONES[data.state]}`} role="status">
            {data.state}
          </span>
        )}
        <div class="head-actions">
          <Neighbours name={{ topicId, epoch: data?.epoch ?? epoch, offset }} />
          <button type="button" class="button" onClick={reload} disabled={isLoading}>
            Refresh
          </button>
        </div>
      </div>
      {error !== undefined && (
        <Failure what="This publication cannot be shown" error={messageOf(error)} retry={reload} />
      )}
      {!data && error === undefined && <Loading what="Reading the ledger" />}
      {data && <Life record={data} />}
    </>
  );
}

function Neighbours({ name }: { name: PublicationName }): JSX.Element {
  return (
    <>
      {name.offset > 1 && (
        <a
          class="button"
          href={publicationLink({ ...name, offset: name.offset - 1 })}
          aria-label={`Publication ${name.offset - 1}`}
        >
          <Icon name="previous" /> {name.offset - 1}
        </a>
      )}
      <a
        class="button"
        href={publicationLink({ ...name, offset: name.offset + 1 })}
        aria-label={`Publication ${name.offset + 1}`}
      >
        {name.offset + 1} <Icon name="next" />
      </a>
    </>
  );
}

function Life({ record }: { record: Found }): JSX.Element {
  const { delivered, gone, retried, abandoned, units, abandonments, publicationId, publishedAt } = record;
  return (
    <>
      <dl class="facts">
        <div>
          <dt>Published</dt>
          <dd>{publishedAt === undefined ? "not in the log any more" : dateTime(publishedAt)}</dd>
        </div>
        <div>
          <dt>publicationId</dt>
          <dd>
            <code>{publicationId ?? "–"}</code>
          </dd>
        </div>
        <div>
          <dt>Epoch</dt>
          <dd>
            <code>{record.epoch}</code>
          </dd>
        </div>
      </dl>
      <Stages record={record} />
      <div class="tiles">
        <Tile name="Delivered" value={delivered} tone="good" />
        <Tile name="Gone" value={gone} tone="plain" />
        <Tile name="Retried posts" value={retried} tone={retried > 0 ? "warn" : "plain"} />
        <Tile name="Abandoned" value={abandoned} tone={abandoned > 0 ? "bad" : "plain"} />
      </div>
      <Outcome delivered={delivered} gone={gone} abandoned={abandoned} />
      <section class="card" aria-labelledby="units-title">
        <h2 id="units-title">
          Units of work <span class="badge">{count(units.length)}</span>
        </h2>
        {units.length === 0 ? (
          <Empty icon="clock" title="No unit of work yet">
            The message waits in the queue until a worker gets it.
          </Empty>
        ) : (
          <Timeline units={units} publishedAt={publishedAt} running={record.state !== "complete"} />
        )}
      </section>
      {abandonments.length > 0 && <Abandonments rows={abandonments} />}
      {publishedAt !== undefined && (
        <section class="card" aria-labelledby="data-title">
          <h2 id="data-title">Data</h2>
          <Payload topicId={record.topicId} epoch={record.epoch} offset={record.offset} />
        </section>
      )}
    </>
  );
}

const Tile = ({ name, value, tone }: { name: string; value: number; tone: string }): JSX.Element => (
  <div class={`tile ${tone}`}>
    <span class="tile-name">{name}</span>
    <span class="tile-value" title={count(value)}>
      {brief(value)}
    </span>
  </div>
);

/** What happened to the consumers, as shares of those that are accounted for. */
function Outcome(counts: { delivered: number; gone: number; abandoned: number }): JSX.Element | null {
  const total = counts.delivered + counts.gone + counts.abandoned;
  if (total === 0) return null;
  const parts = Object.entries(counts).filter(([, value]) => value > 0);
  return (
    <div
      class="outcome"
      role="img"
      aria-label={`Of ${plural(total, "consumer")}: ${parts.map(([name, value]) => `${count(value)} ${name}`).join(", ")}`}
    >
      {parts.map(([name, value]) => (
        <span key={name} class={name} style={{ flexGrow: value }} />
      ))}
    </div>
  );
}

function Abandonments({ rows }: { rows: PublicationRecord["abandonments"] }): JSX.Element {
  return (
    <section class="card table-card" aria-labelledby="abandoned-title">
      <h2 id="abandoned-title">Abandoned deliveries</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">Reason</th>
            <th scope="col" class="number">
              Consumers
            </th>
            <th scope="col" class="number">
              Attempts
            </th>
            <th scope="col">At</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ unit, consumers, attempts, reason, abandonedAt }) => (
            <tr key={unit}>
              <td>{reason || "–"}</td>
              <td class="number">{count(consumers)}</td>
              <td class="number">{count(attempts)}</td>
              <td>{abandonedAt === undefined ? "–" : time(abandonedAt)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="table-foot muted">
        <a href="#/letters">Dead letters</a> can be sent again when the cause is removed.
      </p>
    </section>
  );
}
