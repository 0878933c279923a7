import { localCredentials } from "../../../packages/local/src/credentials.ts";
import {
  createPostClient,
  type PostClient,
} from "../../../packages/pubsub/src/aws/management-api/post-client.ts";
import type { PostResult } from "../../../packages/pubsub/src/core/ports.ts";
import { trustLocalhost } from "../../support/network.ts";
import type { RunningProxy } from "./proxy.ts";

/** An id that must be percent-encoded, as API Gateway's are. */
const CONNECTION_ID = "L0SM9cOFvHcCIhw=";

/** Returns the library's own posting path to a proxy. The SDK's path is not expected to be needed. */
export function postThrough({ port }: RunningProxy): PostClient {
  trustLocalhost();
  const identity = { region: async () => "us-east-1", credentials: async () => localCredentials };
  return createPostClient(`https://localhost:${port}/$default`, identity, {
    transport: "direct",
    onDisabled({ reason }) {
      throw new Error(`the direct path was disabled: ${reason}`);
    },
  });
}

export const numberedBodies = (count: number, name = "body"): string[] =>
  Array.from({ length: count }, (_, index) => `${name} ${index}`);

/**
 * Posts each body until it is delivered, as the fan-out does, with at most `width` posts at once. Returns the failures
 * before.
 */
export async function postAll(
  post: PostClient,
  bodies: readonly string[],
  width: number = 20,
): Promise<PostResult[]> {
  const left = [...bodies];
  const failures: PostResult[] = [];

  async function work(): Promise<void> {
    for (let body = left.shift(); body !== undefined; body = left.shift()) {
      failures.push(...(await postUntilDelivered(post, body)));
    }
  }

  await Promise.all(Array.from({ length: width }, work));
  return failures;
}

export async function postUntilDelivered(post: PostClient, body: string): Promise<PostResult[]> {
  const failures: PostResult[] = [];
  for (;;) {
    const result = await postOnce(post, body);
    if (result.outcome === "delivered") return failures;
    if (result.outcome === "failed" && !result.retryable) throw new Error(`not retryable: ${result.reason}`);
    failures.push(result);
  }
}

/** On a busy machine a connection may take longer than its limit. Then nothing was sent, so that is not a try. */
const isUnsent = (result: PostResult): boolean =>
  result.outcome === "failed" && result.kind === "no-connection";

export async function postOnce(
  post: PostClient,
  body: string,
  connectionId: string = CONNECTION_ID,
): Promise<PostResult> {
  for (;;) {
    const result = await post(connectionId, { body: Buffer.from(body) });
    if (!isUnsent(result)) return result;
  }
}

/** The counts that a test expects of `Upstream.timesByBody`. */
export const each = (bodies: readonly string[], times: number): Record<string, number> =>
  Object.fromEntries(bodies.map((body) => [body, times]));
