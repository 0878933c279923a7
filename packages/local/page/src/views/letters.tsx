import type { JSX } from "preact";
import type { LetterHead, Letters } from "../../../src/inspector/wire.ts";
import { ago, count, plural } from "../data/format.ts";
import { publicationLink, topicLink } from "../data/route.ts";
import { messageOf, read } from "../data/server.ts";
import { useAnswer } from "../data/use-answer.ts";
import { Empty, Failure, Loading } from "../parts/states.tsx";
import { Redrive } from "./redrive.tsx";

export function LettersView(): JSX.Element {
  const { data, error, isLoading, reload } = useAnswer(() => read<Letters>("letters"));
  const letters = data?.letters ?? [];
  return (
    <>
      <div class="view-head">
        <h1>Dead letters</h1>
        {data && (
          <p class="muted">
            {plural(letters.length, "letter")} read
            {data.held > 0 && `, about ${count(data.held)} more held by another reader for up to 20 s`}
          </p>
        )}
        <div class="head-actions">
          <button type="button" class="button" onClick={reload} disabled={isLoading}>
            {isLoading ? "Reading…" : "Refresh"}
          </button>
        </div>
      </div>
      {error !== undefined && (
        <Failure what="The dead letters cannot be read" error={messageOf(error)} retry={reload} />
      )}
      {!data && error === undefined && <Loading what="Reading the dead-letter queue" />}
      {data && letters.length === 0 && (
        <section class="card">
          <Empty icon="check" title="No dead letters">
            Every delivery has succeeded, or its connection was gone.
          </Empty>
        </section>
      )}
      {letters.length > 0 && (
        <>
          <Redrive letters={letters} onDone={reload} />
          <Reasons letters={letters} />
          <LetterTable letters={letters} />
        </>
      )}
    </>
  );
}

function Reasons({ letters }: { letters: readonly LetterHead[] }): JSX.Element {
  const groups = Object.entries(Object.groupBy(letters, ({ code }) => code));
  return (
    <div class="tiles few">
      {groups.map(([code, group = []]) => (
        <div class="tile bad" key={code}>
          <span class="tile-name">{code}</span>
          <span class="tile-value">{count(group.length)}</span>
        </div>
      ))}
    </div>
  );
}

function LetterTable({ letters }: { letters: readonly LetterHead[] }): JSX.Element {
  const nowMs = Date.now();
  return (
    <section class="card table-card" aria-label="Letters">
      <table class="letters">
        <thead>
          <tr>
            <th scope="col">Topic and events</th>
            <th scope="col">Reason</th>
            <th scope="col" class="number">
              Consumers
            </th>
            <th scope="col" class="number wide">
              Attempts
            </th>
            <th scope="col">Sent</th>
          </tr>
        </thead>
        <tbody>
          {letters.map((letter) => (
            <tr key={letter.id}>
              <td>
                {letter.malformed ? (
                  <span class="muted">not a message of the fan-out</span>
                ) : (
                  <Place letter={letter} />
                )}
              </td>
              <td class="reason">
                <span class="badge">{letter.code}</span> {letter.reason}
              </td>
              <td class="number">{consumersOf(letter)}</td>
              <td class="number wide">{count(letter.attempts)}</td>
              <td class="muted">{letter.sentAt === undefined ? "–" : ago(letter.sentAt, nowMs)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Place({ letter }: { letter: Extract<LetterHead, { malformed: false }> }): JSX.Element {
  const { topicId, epoch, offsets } = letter;
  const [offset] = offsets;
  return (
    <>
      <a href={topicLink(topicId)} class="topic-name">
        {topicId}
      </a>{" "}
      {offset !== undefined && (
        <a href={publicationLink({ topicId, epoch, offset })}>
          {offset}
          {offsets.length > 1 && ` and ${offsets.length - 1} more`}
        </a>
      )}
    </>
  );
}

/** A dispatch that did not get to its consumers does not name them. */
const consumersOf = (letter: LetterHead): string =>
  letter.malformed
    ? "–"
    : letter.step === undefined
      ? count(letter.consumers)
      : `all from step ${letter.step}`;
