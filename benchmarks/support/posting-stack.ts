import { type LocalOptions, type LocalStack, startDynamodb, startLocal } from "lambda-websocket-pubsub-local";
import { createTeardown } from "../../packages/local/src/teardown.ts";
import { functionsPostingTo } from "./posting-to.ts";
import { type Sink, startSink } from "./sink.ts";
import { writeSubscriptions } from "./subscription-rows.ts";

/** The local stack with a sink in place of its gateway, and a topic with the wanted number of subscriptions. */
export interface PostingStack {
  stack: LocalStack;
  sink: Sink;
  workers: number;
  topicId: string;
  /** A topic with at most one page of subscribers. It is large enough to load, compile and connect everything. */
  warmUpTopicId: string;
  warmUpSubscribers: number;
  stop(): Promise<void>;
}

export interface PostingStackSettings {
  subscribers: number;
  workers: number;
  /** Module and environment of the fan-out function, if it is not the project's own. */
  fanoutFunction?: { path: string; env: Record<string, string> };
  progress(doing: string): void;
}

const WARM_UP_SUBSCRIBERS_MAX = 1_000;
const topics = { topicId: "everybody", warmUpTopicId: "warm-up" };

export async function startPostingStack(settings: PostingStackSettings): Promise<PostingStack> {
  const { subscribers, workers, progress } = settings;
  const teardown = createTeardown();
  try {
    progress("starting the sink and the local stack");
    const sink = await startSink();
    teardown.defer("sink", () => sink.stop());
    const dynamodb = await startDynamodb();
    teardown.defer("DynamoDB Local", () => dynamodb.stop());
    const stack = await startLocal({ ...stackOptions(settings, sink), dynamodbEndpoint: dynamodb.endpoint });
    teardown.defer("local stack", () => stack.stop());
    // The library in this process publishes with the stack's environment for a producer
    Object.assign(process.env, stack.env);
    // These writes bypass the stack, which would count them
    const table = { ...stack, dynamodbEndpoint: dynamodb.endpoint };
    const warmUpSubscribers = Math.min(subscribers, WARM_UP_SUBSCRIBERS_MAX);
    await writeSubscriptions(table, { topicId: topics.warmUpTopicId, count: warmUpSubscribers });
    await writeSubscriptions(table, { topicId: topics.topicId, count: subscribers }, (written) =>
      progress(`writing subscriptions: ${written} of ${subscribers}`),
    );
    return { stack, sink, workers, ...topics, warmUpSubscribers, stop: () => teardown.run() };
  } catch (error) {
    await teardown.run();
    throw error;
  }
}

const stackOptions = ({ workers, fanoutFunction }: PostingStackSettings, sink: Sink): LocalOptions => ({
  fanout: { maximumConcurrency: workers },
  functionEnv: { ...functionsPostingTo(sink), ...fanoutFunction?.env },
  ...(fanoutFunction && { functions: { fanout: fanoutFunction.path } }),
});
