import type { IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import type { Usage } from "../cost/index.ts";
import { createDelays } from "../delays.ts";
import type { SqsFault } from "../faults/call-fault-types.ts";
import type { CallFaults, Intervention } from "../faults/call-faults.ts";
import { isRecord } from "../options/option-rules.ts";
import { resetSocket } from "../reset-socket.ts";
import { refusalOfAge } from "../signature-age.ts";
import { urlHost } from "../url-host.ts";
import { createRequestMeter } from "./request-meter.ts";
import { createSqsFaults } from "./sqs-faults.ts";

export interface SqsOptions {
  host?: string;
  /** Absent: a free one. */
  port?: number | undefined;
  region: string;
}

export interface SqsLocal {
  endpoint: string;
  port: number;
  faults: Pick<CallFaults<SqsFault>, "add" | "clear">;
  usage(): Usage["sqs"];
  stop(): Promise<void>;
}

/** Answers with a queue URL in them. */
const URL_ANSWERS = /^(CreateQueue|GetQueueUrl|ListQueues|ListDeadLetterSourceQueues)$/;
/** Of a queue's URL; its path begins with the account. */
const QUEUE_ORIGIN = /https?:\/\/[^/"]+(?=\/\d{12}\/)/g;

/** fauxqs in this process. Its own `startFauxqs` would listen on every interface of the machine. */
export async function startSqs({ host = "127.0.0.1", port = 0, region }: SqsOptions): Promise<SqsLocal> {
  const meter = createRequestMeter();
  // Only here: it can't be loaded on a Node that is too old for it, which `startLocal` says in its own words.
  const { buildApp } = await import("fauxqs");
  const app = buildApp({ logger: false, defaultRegion: region });
  const faults = createSqsFaults();
  let endpoint = ""; // set when the server listens; no request comes before that
  const delays = createDelays();
  const interventions = new WeakMap<object, Intervention>();

  app.addHook("preHandler", async (request, reply) => {
    const { headers, raw } = request;
    const refusal = refusalOfAge(headers, Date.now());
    if (refusal) return reply.code(403).type("application/x-amz-json-1.0").send(JSON.stringify(refusal));
    const caller = String(headers["x-amz-security-token"] ?? "");
    const bodyOf = (): Record<string, unknown> => (isRecord(request.body) ? request.body : {});
    const fault = faults.intervene({ operation: actionOf(headers), caller }, bodyOf);
    if (fault === undefined) return;
    await delays.wait(fault.delayMs ?? 0);
    const { instead } = fault;
    if (instead === undefined) {
      interventions.set(request, fault);
      if (fault.request) request.body = fault.request;
      return;
    }
    if (typeof instead === "object") {
      return reply.code(instead.status).type("application/x-amz-json-1.0").send(JSON.stringify(instead.body));
    }
    reply.hijack();
    if (instead === "reset") resetSocket(raw.socket);
  });
  // fauxqs names queues under sqs.{region}.localhost, which not every resolver knows, and finds them by path; of an
  // IPv6 address it drops the port.
  app.addHook("onSend", async (request, reply, payload) => {
    const { headers, body, raw } = request;
    const action = actionOf(headers);
    if (action === "") return payload;
    meter.count(action, body, payload);
    if (typeof payload !== "string") return payload;
    const fault = interventions.get(request);
    if (fault?.loseAnswer) {
      resetSocket(raw.socket);
      return payload;
    }
    if (fault?.answer && reply.statusCode === 200) return JSON.stringify(fault.answer(JSON.parse(payload)));
    return URL_ANSWERS.test(action) ? payload.replaceAll(QUEUE_ORIGIN, endpoint) : payload;
  });
  await app.listen({ host, port });
  const address = app.server.address() as AddressInfo;
  endpoint = `http://${urlHost(host)}:${address.port}`;
  return {
    endpoint,
    port: address.port,
    faults,
    usage: meter.usage,
    stop: async () => {
      delays.stop();
      await app.close();
    },
  };
}

/** Empty for anything but a call. */
function actionOf(headers: IncomingHttpHeaders): string {
  return /^AmazonSQS\.(\w+)$/.exec(String(headers["x-amz-target"]))?.[1] ?? "";
}
