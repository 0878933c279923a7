import type {
  Gap,
  Position,
  Published,
  PubsubClientError,
  ReadyPosition,
  TopicEvent,
  TopicSubscription,
} from "../../../packages/client/src/index.ts";
import type { ModelServer } from "./model-server.ts";
import type { Network } from "./network.ts";
import type { Mode, Scenario } from "./scenario.ts";
import type { Watcher } from "./watcher.ts";

/** The callbacks of one subscriber, in order. */
export interface Trace {
  topicId: string;
  since: Position | undefined;
  /** How much the network had delivered when it subscribed. */
  receivedBefore: number;
  /** How far the topic's other subscribers were when it subscribed. */
  others: { trace: Trace; position: Position }[];
  ready: ReadyPosition | undefined;
  mode: Mode;
  loaded: LoadedCount;
  items: TraceItem[];
  /** Set unless it unsubscribed. */
  subscription: TopicSubscription | undefined;
  calledAfterEnd: number;
}

export type TraceItem =
  | { event: TopicEvent; gap?: undefined }
  | { gap: Gap; event?: undefined; received: number };

export interface Outcome {
  scenario: Scenario;
  server: ModelServer;
  network: Network;
  watcher: Watcher;
  traces: Trace[];
  publications: Publication[];
  errors: PubsubClientError[];
  /** Timers that the client set after `close()`. */
  timersLeft: number;
}

/** What a subscriber with `load` has: how many events of the topic's history are in its state. */
export interface LoadedCount {
  count: number | undefined;
  states: number;
  problems: string[];
}

/** One call of `publish`, in the order of the calls. */
export interface Publication {
  topicId: string;
  publicationId: string;
  data: unknown;
  isAborted: boolean;
  published?: Published;
  error?: PubsubClientError;
}
