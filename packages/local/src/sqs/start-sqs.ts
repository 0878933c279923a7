import type { AddressInfo } from "node:net";
import { buildApp } from "fauxqs";
import type { Usage } from "../cost/index.ts";
import { createRequestMeter } from "./request-meter.ts";

export interface SqsOptions {
  host?: string;
  /** Absent: a free one. */
  port?: number | undefined;
  region: string;
}

export interface SqsLocal {
  endpoint: string;
  port: number;
  usage(): Usage["sqs"];
  stop(): Promise<void>;
}

/** Answers with a queue URL in them. */
const URL_ANSWERS = /^(CreateQueue|GetQueueUrl|ListQueues|ListDeadLetterSourceQueues)$/;
const EMULATED_HOST = /\/\/sqs\.[a-z0-9-]+\.localhost(?=[:/])/g;

/** fauxqs in this process. Its own `startFauxqs` would listen on every interface of the machine. */
export async function startSqs({ host = "127.0.0.1", port = 0, region }: SqsOptions): Promise<SqsLocal> {
  const meter = createRequestMeter();
  const app = buildApp({ logger: false, defaultRegion: region });
  // fauxqs names queues under sqs.{region}.localhost, which not every resolver knows, and finds them by path.
  app.addHook("onSend", async ({ headers, body }, _reply, payload) => {
    const action = /^AmazonSQS\.(\w+)$/.exec(String(headers["x-amz-target"]))?.[1];
    if (action === undefined) return payload;
    meter.count(action, body, payload);
    return typeof payload === "string" && URL_ANSWERS.test(action)
      ? payload.replaceAll(EMULATED_HOST, `//${host}`)
      : payload;
  });
  await app.listen({ host, port });
  const address = app.server.address() as AddressInfo;
  return {
    endpoint: `http://${host}:${address.port}`,
    port: address.port,
    usage: meter.usage,
    stop: async () => void (await app.close()),
  };
}
