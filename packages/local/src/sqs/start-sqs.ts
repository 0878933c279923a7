import type { AddressInfo } from "node:net";
import { buildApp } from "fauxqs";

export interface SqsOptions {
  host?: string;
  /** Absent: a free one. */
  port?: number | undefined;
  region: string;
}

export interface SqsLocal {
  endpoint: string;
  port: number;
  stop(): Promise<void>;
}

/** Answers with a queue URL in them. */
const URL_ANSWERS = /^AmazonSQS\.(CreateQueue|GetQueueUrl|ListQueues|ListDeadLetterSourceQueues)$/;
const EMULATED_HOST = /\/\/sqs\.[a-z0-9-]+\.localhost(?=[:/])/g;

/** fauxqs in this process. Its own `startFauxqs` would listen on every interface of the machine. */
export async function startSqs({ host = "127.0.0.1", port = 0, region }: SqsOptions): Promise<SqsLocal> {
  const app = buildApp({ logger: false, defaultRegion: region });
  // fauxqs names queues under sqs.{region}.localhost, which not every resolver knows, and finds them by path.
  app.addHook("onSend", async (request, _reply, payload) =>
    typeof payload === "string" && URL_ANSWERS.test(String(request.headers["x-amz-target"]))
      ? payload.replaceAll(EMULATED_HOST, `//${host}`)
      : payload,
  );
  await app.listen({ host, port });
  const address = app.server.address() as AddressInfo;
  return {
    endpoint: `http://${host}:${address.port}`,
    port: address.port,
    stop: async () => void (await app.close()),
  };
}
