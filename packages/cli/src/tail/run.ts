import { createPubsubClient, type PubsubClientError } from "lambda-websocket-pubsub-client";
import { EXIT_CODES } from "../exit-codes.ts";
import { printable } from "../printable.ts";
import { findStack } from "../stack/find-stack.ts";
import type { StackOptions } from "../stack/stack-options.ts";
import { dim, red } from "../terminal/colours.ts";
import { onInterrupt } from "../terminal/interrupted.ts";
import { createAttempts } from "./attempts.ts";
import { eventJson, eventLine, gapJson, gapLine } from "./lines.ts";

interface TailOptions extends StackOptions {
  last?: number;
  count?: number;
  token?: string;
  json?: true;
}

export async function runTail(
  { topics }: { topics: string[] },
  { last, count = Number.POSITIVE_INFINITY, token: given, json, ...options }: TailOptions,
): Promise<number> {
  const { url } = await findStack(["url"], options);
  const token = given ?? process.env.PUBSUB_TOKEN;
  const interruption = onInterrupt();
  const ended = Promise.withResolvers<number>();
  interruption.signal.addEventListener("abort", () => ended.resolve(EXIT_CODES.done));
  const report = (text: string): void => console.error(red(printable(text), process.stderr));
  const attempts = createAttempts(url);
  /** Errors that ended a subscription. They are reported with its topic. */
  const ends = new WeakSet<PubsubClientError>();
  const client = createPubsubClient({
    url,
    webSocket: attempts.webSocket,
    signal: interruption.signal,
    onError(error) {
      const text = ends.has(error) ? undefined : attempts.explain(error);
      if (text !== undefined) report(text);
    },
  });
  client.onStateChange((state) => {
    if (state === "open") attempts.succeeded();
    if (process.stderr.isTTY) console.error(dim(state, process.stderr));
  });
  let printed = 0;
  for (const topicId of new Set(topics)) {
    const subscription = client.subscribe(
      topicId,
      (event) => {
        if (printed >= count) return;
        console.log(json ? eventJson(event) : eventLine(event));
        printed += 1;
        if (printed >= count) ended.resolve(EXIT_CODES.done);
      },
      {
        ...(last !== undefined && { last }),
        ...(token && { token }),
        onGap: (gap) => (json ? console.log(gapJson(gap)) : console.error(gapLine(gap))),
        onEnd(error) {
          ends.add(error);
          if (error.code !== "CLOSED") report(`${topicId}: ${refusal(error)}`);
          ended.resolve(EXIT_CODES.failed);
        },
      },
    );
    // onEnd reports it
    subscription.ready.catch(() => {});
  }
  try {
    return await ended.promise;
  } finally {
    client.close();
    interruption.dispose();
  }
}

const refusal = ({ code, message }: PubsubClientError): string => `${code}: ${message}`;
