import { once } from "node:events";
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createDelays } from "../../delays.ts";
import type { CallFaults } from "../../faults/call-faults.ts";
import { listening } from "../../ports.ts";
import { resetSocket } from "../../reset-socket.ts";
import { refusalOfAge } from "../../signature-age.ts";
import { urlHost } from "../../url-host.ts";
import type { WebGuard } from "../../web-guard.ts";
import { type AnswerEnds, createAnswerEnds } from "./answer-ends.ts";
import { jsonObject } from "./json-object.ts";
import { type AskServer, createUpstream, endToEnd } from "./upstream.ts";
import { sendJson, withheldAnswer } from "./withheld-answer.ts";

/** Observes the calls. */
export interface ForwardHooks {
  /**
   * Called before a call is forwarded. `target` is the name of the operation, or "" if the request is not a call. `ask`
   * makes further calls in the name of the caller.
   */
  begin(target: string, body: Buffer, ask: AskServer): ForwardedCall | Promise<ForwardedCall>;
}

export interface ForwardedCall {
  /** The body to forward, which may be the caller's. */
  body: Buffer;
  /** Whether a successful response waits until `end` has resolved. An error always waits. */
  isHeld?: boolean;
  /** Called when the whole response has arrived, even if the caller has gone. */
  end?(answer: ForwardedAnswer): void | Promise<void>;
}

export interface ForwardedAnswer {
  status: number;
  ends: AnswerEnds;
}

export interface ForwardingProxyOptions {
  host: string;
  /** Undefined: a free port. */
  port: number | undefined;
  /** The URL of the server to forward to. */
  upstream: string;
  /** The Host header of forwarded calls. Undefined: the caller's. */
  upstreamHost: string | undefined;
  guard: WebGuard;
  hooks: ForwardHooks;
  /** Called for every call. Returns the fault to inject, if any. */
  intervene: CallFaults<never>["intervene"];
}

export interface ForwardingProxy {
  endpoint: string;
  stop(): Promise<void>;
}

/** Longer than a pooled client keeps an idle socket, so that the client closes it. */
const keepAliveTimeoutMs = 120_000;
/**
 * The bytes to keep of each end of a response; errors are kept whole. They are twice what the consumed capacity of a
 * hundred tables takes.
 */
const KEPT_BYTES = 65_536;

/**
 * Forwards HTTP requests and returns the responses unchanged: statuses, headers, bodies byte by byte. If the
 * server cannot be reached or the connection to it breaks, the caller's connection is reset: SDKs see a network error.
 */
export async function startForwardingProxy(options: ForwardingProxyOptions): Promise<ForwardingProxy> {
  const { host, port = 0, guard, hooks, intervene } = options;
  const delays = createDelays();
  const upstream = createUpstream(options.upstream, options.upstreamHost);

  async function forward(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const page = guard.refuseRequest(incoming.headers);
    if (page !== undefined) {
      return sendJson(outgoing, 403, JSON.stringify({ __type: "AccessDeniedException", message: page }));
    }
    const body = await bodyOf(incoming);
    const target = targetOf(incoming);
    const refusal = refusalOfAge(incoming.headers, Date.now());
    if (refusal) return sendJson(outgoing, 400, JSON.stringify(refusal));
    const caller = String(incoming.headers["x-amz-security-token"] ?? "");
    const fault = intervene({ operation: target, caller }, () => jsonObject(body.toString()));
    await delays.wait(fault?.delayMs ?? 0);
    if (fault?.instead === "reset") throw new Error("an injected fault resets the connection");
    if (fault?.instead === "hang") return;
    if (fault?.instead) return sendJson(outgoing, fault.instead.status, JSON.stringify(fault.instead.body));
    const asked = fault?.request ? Buffer.from(JSON.stringify(fault.request)) : body;
    const call = await hooks.begin(target, asked, upstream.asCaller(incoming));
    const answer = await upstream.forward(incoming, call.body);
    const { statusCode: status = 0, statusMessage, headers } = answer;
    const ends = createAnswerEnds(status < 400 ? KEPT_BYTES : Infinity);
    if (fault?.loseAnswer || fault?.answer) {
      const text = await withheldAnswer(answer, ends);
      await call.end?.({ status, ends });
      if (fault.loseAnswer) throw new Error("an injected fault drops the response");
      const returned = status === 200 && fault.answer ? JSON.stringify(fault.answer(jsonObject(text))) : text;
      return sendJson(outgoing, status, returned);
    }
    const length = headers["content-length"];
    outgoing.writeHead(status, statusMessage, [
      ...endToEnd(answer.rawHeaders),
      ...(length === undefined ? [] : ["content-length", length]),
    ]);
    const held: Buffer[] = [];
    answer.on("data", (chunk: Buffer) => {
      ends.push(chunk);
      if (call.isHeld || status >= 400) held.push(chunk);
      // This goes on when the caller has gone away: its call has been made, and AWS would bill it.
      else if (!outgoing.destroyed && !outgoing.write(chunk)) pauseUntilDrained(answer, outgoing);
    });
    await once(answer, "end");
    await call.end?.({ status, ends });
    outgoing.end(Buffer.concat(held));
  }

  const server = http.createServer({ keepAliveTimeout: keepAliveTimeoutMs }, (incoming, outgoing) => {
    outgoing.on("error", () => {});
    forward(incoming, outgoing).catch(() => resetSocket(incoming.socket));
  });
  server.listen(port, host);
  await listening(server, { host, port, service: "dynamodb" });
  let stopping: Promise<unknown> | undefined;
  return {
    endpoint: `http://${urlHost(host)}:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      stopping ??= new Promise((resolve) => {
        delays.stop();
        server.close(resolve);
        server.closeAllConnections();
        upstream.stop();
      });
      await stopping;
    },
  };
}

function targetOf({ headers }: IncomingMessage): string {
  return String(headers["x-amz-target"] ?? "").replace(/^DynamoDB_\d+\./, "");
}

async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
  await once(incoming, "end");
  return Buffer.concat(chunks);
}

function pauseUntilDrained(answer: IncomingMessage, outgoing: ServerResponse): void {
  const resume = (): void => {
    outgoing.off("drain", resume).off("close", resume);
    answer.resume();
  };
  answer.pause();
  outgoing.on("drain", resume).on("close", resume);
}
