import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { LetterHead, RedriveMessage, RedriveResult } from "../../../src/inspector/wire.ts";
import { count, plural } from "../data/format.ts";
import { lines, messageOf } from "../data/server.ts";

interface Run {
  dryRun: boolean;
  soFar?: RedriveResult;
  result?: RedriveResult;
  error?: string;
}

/** Sends letters again, after a dry run that says what it would do. */
export function Redrive({
  letters,
  onDone,
}: {
  letters: readonly LetterHead[];
  onDone: () => void;
}): JSX.Element {
  const [topicId, setTopicId] = useState("");
  const [code, setCode] = useState("");
  const [run, setRun] = useState<Run>();
  const isRunning = run !== undefined && run.result === undefined && run.error === undefined;
  const topics = unique(letters.map((letter) => (letter.malformed ? "" : letter.topicId)));
  const codes = unique(letters.map((letter) => letter.code));

  async function redrive(dryRun: boolean): Promise<void> {
    setRun({ dryRun });
    const body = JSON.stringify({ dryRun, ...(topicId && { topicId }), ...(code && { code }) });
    try {
      for await (const message of lines<RedriveMessage>("/api/redrive", { method: "POST", body })) {
        if ("progress" in message) setRun({ dryRun, soFar: message.progress });
        else if ("result" in message) setRun({ dryRun, result: message.result });
        else setRun({ dryRun, error: message.error.message });
      }
    } catch (error) {
      setRun({ dryRun, error: messageOf(error) });
    }
    if (!dryRun) onDone();
  }

  const wasTried = run?.dryRun === true && run.result !== undefined;
  return (
    <section class="card redrive" aria-labelledby="redrive-title">
      <h2 id="redrive-title">Redrive</h2>
      <p class="muted">
        Sends the letters to the fan-out queue again, for those of their consumers that are still subscribed.
        Do it after the cause is removed.
      </p>
      <div class="redrive-row">
        <Choice name="Topic" all="All topics" values={topics} value={topicId} onChange={setTopicId} />
        <Choice name="Code" all="All codes" values={codes} value={code} onChange={setCode} />
        <button
          type="button"
          class={`button ${wasTried ? "" : "primary"}`}
          disabled={isRunning}
          onClick={() => redrive(true)}
        >
          Dry run
        </button>
        <button
          type="button"
          class={`button ${wasTried ? "primary" : ""}`}
          disabled={isRunning}
          onClick={() => redrive(false)}
        >
          Redrive
        </button>
      </div>
      <div role="status">{run && <Progress run={run} of={letters.length} />}</div>
    </section>
  );
}

function Choice(given: {
  name: string;
  all: string;
  values: readonly string[];
  value: string;
  onChange: (value: string) => void;
}): JSX.Element {
  const { name, all, values, value, onChange } = given;
  return (
    <label class="field">
      <span>{name}</span>
      <select value={value} onChange={({ currentTarget }) => onChange(currentTarget.value)}>
        <option value="">{all}</option>
        {values.map((each) => (
          <option key={each} value={each}>
            {each}
          </option>
        ))}
      </select>
    </label>
  );
}

function Progress({ run, of }: { run: Run; of: number }): JSX.Element {
  const { dryRun, soFar, result, error } = run;
  if (error !== undefined) return <p class="notice bad">{error}</p>;
  if (!result) {
    const found = soFar?.found ?? 0;
    return (
      <p class="redrive-progress">
        <progress value={found} max={Math.max(of, found, 1)} aria-label="Letters" /> {count(found)} letters
        read…
      </p>
    );
  }
  return <p class={`notice ${result.failed > 0 ? "bad" : "good"}`}>{sentence(result, dryRun)}</p>;
}

function sentence(result: RedriveResult, dryRun: boolean): string {
  const {
    redriven,
    consumers,
    unsubscribed,
    skipped,
    returned,
    malformed,
    expired,
    failed,
    dropped,
    reasons,
  } = result;
  const would = dryRun ? "would be " : "";
  const rest: [number, string][] = [
    [unsubscribed, `${would}removed, as nobody of them is subscribed any more`],
    [skipped, "left, as they were not chosen"],
    [returned, "left, as they failed again"],
    [malformed, "left, as they cannot be decoded"],
    [expired, "left, as their events have expired"],
    [failed, `left, because ${reasons.join("; ")}`],
    [dropped, "consumers left out, as they are not subscribed any more"],
  ];
  const others = rest.filter(([value]) => value > 0).map(([value, what]) => `${count(value)} ${what}`);
  const sent = `${plural(redriven, "letter")} ${would}redriven to ${plural(consumers, "consumer")}`;
  return `${[sent, ...others].join("; ")}.`;
}

const unique = (values: readonly string[]): string[] =>
  [...new Set(values)].filter((value) => value !== "").sort();
