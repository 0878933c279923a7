/** The history of a run, a JSON line for everything that happened, in the order in which it became known. */
export type Line =
  | Of<"begin" | "ok" | "no", Publish>
  | Of<"post", Post>
  | Of<"got", Received>
  | Of<"subscribed" | "left", Subscribed>
  | Of<"gap", Gap>
  | Of<"fault" | "calm" | "hit", Trouble>
  | Of<"gone" | "rss", Process>
  | Of<"event" | "abandoned" | "dead" | "redriven", End>;

/** The lines of one kind or of several. */
export type LineOf<Kind extends Line["k"]> = Extract<Line, { k: Kind }>;

/** One type for each kind, so that asking for the kind tells what else there is. */
type Of<Kind, Members> = Kind extends string ? { at: number; k: Kind } & Members : never;

interface Publish {
  topic: string;
  /** In the data, and in no other event's: a repeat under the same publication id repeats it. */
  m: string;
  id?: string;
  epoch?: string;
  offset?: number;
  duplicate?: boolean;
  code?: string;
}

/** A POST at the gateway. */
interface Post {
  who: string;
  status: number;
  delivered: boolean;
  ms: string[];
  caller: string;
  cause?: string;
}

/** An event at a subscriber's callback, or in a frame of the data format, where it has no place. */
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

interface Gap {
  who: string;
  reason: string;
}

/** A kind of fault beginning or ending, or one call, post, message or process that it hit. */
interface Trouble {
  name: string;
  /** Whose call or post it was, or which process: `fanout/123`. */
  caller?: string;
}

interface Process {
  caller: string;
  mb?: number;
}

/**
 * What there was in the end: an event of the log, and who was given up on, by the ledger or by a dead letter. And on
 * the way there: whose dead letter was redriven.
 */
interface End {
  topic: string;
  epoch: string;
  offset: number;
  id?: string;
  m?: string;
  who?: string;
}

/** The name of the hit that sets a process's clock. */
export const CLOCK_STEPS = "clock steps";

/** Markers stand in every event's data as `"m":"…"`. */
const MARKER = /"m":"([^"]+)"/g;

export const markersIn = (text: string): string[] => [...text.matchAll(MARKER)].map(([, m = ""]) => m);
