import { fileURLToPath } from "node:url";
import { type PostingStack, startPostingStack } from "../support/posting-stack.ts";

export interface FanoutSettings {
  subscribers: number;
  bytes: number;
  workers: number;
  latencyMs: number;
  /** Posts before the publication that measures warm workers. */
  warmPosts: number;
  /** 0 selects the library's default. */
  partSize: number;
}

/** What all variants share: one table with the rows of one topic, and one sink. */
export interface FanoutFixture extends FanoutSettings, PostingStack {
  body: string;
}

const pagedFunction = fileURLToPath(new URL("./fanout-function.ts", import.meta.url));

export async function startFixture(
  settings: FanoutSettings,
  progress: (doing: string) => void,
): Promise<FanoutFixture> {
  const { subscribers, workers, partSize, bytes } = settings;
  const fanoutFunction = { path: pagedFunction, env: { BENCH_PAGE_SIZE: String(partSize) } };
  const posting = await startPostingStack({
    subscribers,
    workers,
    progress,
    ...(partSize > 0 && { fanoutFunction }),
  });
  return { ...settings, ...posting, body: "x".repeat(bytes) };
}
