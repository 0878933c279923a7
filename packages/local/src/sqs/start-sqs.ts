import type { IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import type { Usage } from "../cost/index.ts";
import { createDelays } from "../delays.ts";
import type { SqsFault } from "../faults/call-fault-types.ts";
import type { CallFaults, Intervention } from "../faults/call-faults.ts";
import { isRecord } from "../options/option-rules.ts";
import { portError } from "../ports.ts";
import { resetSocket } from "../reset-socket.ts";
import { refusalOfAge } from "../signature-age.ts";
import { urlHost } from "../url-host.ts";
import { createWebGuard, type WebGuard } from "../web-guard.ts";
import { createRequestMeter } from "./request-meter.ts";
import { createSqsFaults } from "./sqs-faults.ts";
import { createTraceHeaders } from "./trace-headers.ts";

export interface SqsOptions {
  host?: string;
  /** Default: a free port. */
  port?: number | undefined;
  region: string;
  /** Default: one that allows only localhost and addresses. */
  guard?: WebGuard | undefined;
}

export interface SqsLocal {
  endpoint: string;
  port: number;
  faults: Pick<CallFaults<SqsFault>, "add" | "clear">;
  usage(): Usage["sqs"];
  stop(): Promise<void>;
}

/** The actions whose responses contain queue URLs. */
const RETURNS_URL = /^(CreateQueue|GetQueueUrl|ListQueues|ListDeadLetterSourceQueues)$/;
/** The actions whose responses name messages. */
const NAMES_MESSAGES = /^(ReceiveMessage|SendMessage|SendMessageBatch)$/;
/** Matches the origin of a queue's URL. The path begins with the account. */
const QUEUE_ORIGIN = /https?:\/\/[^/"]+(?=\/\d{12}\/)/g;

/**
 * Starts fauxqs in this process, on one address. Its own `startFauxqs` would listen on every interface of the machine.
 */
export async function startSqs({
  host = "127.0.0.1",
  port = 0,
  region,
  guard = createWebGuard({ host }),
}: SqsOptions): Promise<SqsLocal> {
  const meter = createRequestMeter();
  // fauxqs can't be loaded on an older Node. `startLocal` checks the version first, so its error is the clearer one.
  const { buildApp } = await import("fauxqs");
  const app = buildApp({ logger: false, defaultRegion: region });
  const faults = createSqsFaults();
  const traceHeaders = createTraceHeaders();
  let endpoint = ""; // set when the server listens; no request comes before that
  const delays = createDelays();
  const interventions = new WeakMap<object, Intervention>();

  app.addHook("onRequest", async ({ method, headers }, reply) => {
    const refusal = guard.refuseRequest(headers) ?? refuseOtherServices(method, headers);
    if (refusal === undefined) return;
    const body = { __type: "AccessDenied", message: refusal };
    return reply.code(403).type("application/x-amz-json-1.0").send(JSON.stringify(body));
  });
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
      reply.headers(instead.headers ?? {}).type("application/x-amz-json-1.0");
      return reply.code(instead.status).send(JSON.stringify(instead.body));
    }
    reply.hijack();
    if (instead === "reset") resetSocket(raw.socket);
  });
  // fauxqs returns queue URLs with the host sqs.{region}.localhost, which not every resolver knows, and without the
  // port if the address is IPv6. It finds a queue by the URL's path, so the origin can be replaced.
  app.addHook("onSend", async (request, reply, payload) => {
    const { headers, body, raw } = request;
    const action = actionOf(headers);
    if (action === "") return payload;
    // Parsed once, for all that look at it
    const isRead = typeof payload === "string" && NAMES_MESSAGES.test(action);
    const response: unknown = isRead ? JSON.parse(payload) : undefined;
    meter.count(action, body, response);
    if (typeof payload !== "string") return payload;
    const isOk = reply.statusCode === 200;
    if (isOk) traceHeaders.keep(action, headers["x-amzn-trace-id"], response);
    const fault = interventions.get(request);
    if (fault?.loseAnswer) {
      resetSocket(raw.socket);
      return payload;
    }
    if (isOk && fault?.answer) return JSON.stringify(fault.answer(JSON.parse(payload)));
    if (isOk && action === "ReceiveMessage" && traceHeaders.addTo(body, response))
      return JSON.stringify(response);
    return RETURNS_URL.test(action) ? payload.replaceAll(QUEUE_ORIGIN, endpoint) : payload;
  });
  await app.listen({ host, port }).catch((cause: unknown) => {
    throw portError(cause, { host, port, service: "sqs" });
  });
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

/**
 * fauxqs serves SNS, S3 and other services at the same port, by forms and by paths. A browser sends a form, and a text,
 * to every server without asking it first. A header of its own, such as `X-Amz-Target`, it has to ask for.
 */
function refuseOtherServices(method: string, headers: IncomingHttpHeaders): string | undefined {
  const isJson = /^application\/x-amz-json-1\.[01]$/i.test(headers["content-type"] ?? "");
  if (method === "POST" && isJson && actionOf(headers) !== "") return undefined;
  return "This port speaks only the JSON protocol of SQS: POST, application/x-amz-json-1.0, X-Amz-Target: AmazonSQS.…";
}

/** Returns the name of the SQS action, or "" if the request is not a call. */
function actionOf(headers: IncomingHttpHeaders): string {
  return /^AmazonSQS\.(\w+)$/.exec(String(headers["x-amz-target"]))?.[1] ?? "";
}
