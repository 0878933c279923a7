/** One JSON line of the history of a run. Lines are in the order in which the harness learned about the incidents. */
export type Line =
  | Of<"begin" | "ok" | "no", Publish>
  | Of<"post", Post>
  | Of<"sent", SentPart>
  | Of<"got", Received>
  | Of<"subscribed" | "left", Subscribed>
  | Of<"shown", Shown>
  | Of<"gap", Gap>
  | Of<"fault" | "calm" | "hit", Trouble>
  | Of<"gone" | "rss", Process>
  | Of<"event" | "abandoned" | "unread" | "dead" | "redriven", End>;

/** The lines of one or several kinds. */
export type LineOf<Kind extends Line["k"]> = Extract<Line, { k: Kind }>;

/** One type per kind, so that TypeScript narrows a line by its kind. */
type Of<Kind, Members> = Kind extends string ? { at: number; k: Kind } & Members : never;

interface Publish {
  topic: string;
  /** The marker in the data. It is unique, except that a retry with the same publication id has the same marker. */
  m: string;
  id?: string;
  epoch?: string;
  offset?: number;
  duplicate?: boolean;
  code?: string;
}

/** A POST that the gateway received. */
interface Post {
  who: string;
  status: number;
  delivered: boolean;
  ms: string[];
  caller: string;
  cause?: string;
}

/** A part that a worker sent to the queue: the worker that dispatched the events, or one that handed on consumers. */
interface SentPart {
  topic: string;
  epoch: string;
  offsets: readonly number[];
  unit: string;
  to: readonly string[];
  caller: string;
}

/** An event that a subscriber received. In the data format it has no epoch and offset. */
interface Received {
  who: string;
  m: string;
  epoch?: string;
  offset?: number;
}

interface Subscribed {
  who: string;
  topic: string;
  epoch?: string;
  offset?: number;
}

/** The members of a topic that a client shows. */
interface Shown {
  who: string;
  topic: string;
  users: readonly string[];
}

interface Gap {
  who: string;
  reason: string;
}

/** A kind of fault that begins or ends, or one call, post, message or process that it hit. */
interface Trouble {
  name: string;
  /** The process that was hit or that made the call or post, for example `fanout/123`. */
  caller?: string;
}

interface Process {
  caller: string;
  mb?: number;
}

/**
 * What exists at the end of the run: an event of the log, or an abandoned delivery in the ledger or in a dead letter.
 * Also, during the run: a delivery whose dead letter was redriven.
 */
interface End {
  topic: string;
  epoch: string;
  offset: number;
  id?: string;
  m?: string;
  who?: string;
}

/** The name of the fault that changes the clock of a process. */
export const CLOCK_STEPS = "clock steps";

/** Every event's data contains its marker as `"m":"…"`. */
const MARKER = /"m":"([^"]+)"/g;

export const readMarkers = (text: string): string[] => [...text.matchAll(MARKER)].map(([, m = ""]) => m);
