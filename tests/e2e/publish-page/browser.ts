/** A page that subscribes to a topic and publishes to it. The test calls `talk`, and reads `seen` and `gaps`. */
import {
  createPubsubClient,
  type Gap,
  type Published,
  type TopicEvent,
} from "lambda-websocket-pubsub-client";

export interface PageOptions {
  url: string;
  topicId: string;
  /** Whose page it is. Its publications are `NAME 1`, `NAME 2`, … */
  name: string;
}

export interface TalkingPage {
  /** Every event in the order in which the subscriber's callback got it. */
  seen: TopicEvent<string>[];
  gaps: Gap[];
  /** Resolves to the outcomes of publications number `first` to `last`, whose calls it makes in one task. */
  talk(first: number, last: number): Promise<Published[]>;
}

/** Resolves when the subscription is confirmed. */
async function start({ url, topicId, name }: PageOptions): Promise<void> {
  const client = createPubsubClient({
    url,
    // The test cuts many connections: without long delays between them, it takes less time
    backoff: { baseMs: 20, maxMs: 200, stableMs: 0 },
    // A busy machine must not look like a lost connection
    answerTimeoutMs: 60_000,
    onError() {},
  });
  const seen: TopicEvent<string>[] = [];
  const gaps: Gap[] = [];
  const topic = client.subscribe<string>(topicId, (event) => seen.push(event), {
    onGap: (gap) => gaps.push(gap),
  });
  const talk = (first: number, last: number): Promise<Published[]> =>
    Promise.all(
      Array.from({ length: last - first + 1 }, (_, index) => topic.publish(`${name} ${first + index}`)),
    );
  Object.assign(globalThis, { page: { seen, gaps, talk } satisfies TalkingPage });
  await topic.ready;
}

Object.assign(globalThis, { start });
