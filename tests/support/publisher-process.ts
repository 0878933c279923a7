import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { PublishResult } from "lambda-websocket-pubsub";
import { onTestFinished } from "vitest";
import { bareEnv } from "./bare-env.ts";
import { within } from "./eventually.ts";

export interface PublisherOrder {
  publish: readonly { topicId: string; data: unknown; publicationId?: string }[];
  /** The number of publishes in progress at the same time. */
  atOnce: number;
}

/** The outcome of one publish, in a form that crosses a process boundary. */
export type Publication = ({ ok: true } & PublishResult) | { ok: false; code: string; retryable: boolean };

export interface PublisherProcess {
  /** Resolves to the outcomes in the order of the requests. */
  publish(requests: PublisherOrder["publish"], atOnce?: number): Promise<Publication[]>;
}

const PUBLISH_TIMEOUT_MS = 50_000;

/**
 * Starts a producer with the environment that a stack prints for producers. Its clock is off by `clockOffsetMs`. It ends
 * with the test.
 */
export async function startPublisher(
  env: Record<string, string>,
  { clockOffsetMs = 0 }: { clockOffsetMs?: number } = {},
): Promise<PublisherProcess> {
  const clock = new URL("./shifted-clock.ts", import.meta.url).href;
  const child = fork(fileURLToPath(new URL("./publisher.ts", import.meta.url)), {
    execArgv: ["--conditions=pubsub-source", "--disable-warning=ExperimentalWarning", `--import=${clock}`],
    env: { ...bareEnv(), CLOCK_OFFSET_MS: String(clockOffsetMs), ...env },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  await within("publisher process", once(child, "message"));
  return {
    async publish(publish, atOnce = 1) {
      const answered = once(child, "message");
      child.send({ publish, atOnce } satisfies PublisherOrder);
      const [outcomes] = await within("outcome of the publishes", answered, PUBLISH_TIMEOUT_MS);
      return outcomes as Publication[];
    },
  };
}
