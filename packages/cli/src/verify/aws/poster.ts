import { once } from "node:events";
import {
  type ClientRequest,
  Agent as HttpAgent,
  type IncomingMessage,
  request as requestHttp,
} from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";
import { text } from "node:stream/consumers";
import { type Signing, sign } from "./sign.ts";

/** A response to a post as it came, which the SDK's exceptions do not show. */
export interface Answer {
  status: number;
  /** The name in `x-amzn-errortype`, or empty. */
  errorType: string;
  body: string;
  /** Whether the request went over a connection that an earlier one had opened. */
  reusedSocket: boolean;
}

/** Posts to the connections of one management endpoint over one kept-alive socket. */
export interface Poster {
  endpoint: string;
  post(connectionId: string, body: Uint8Array | string, signal: AbortSignal): Promise<Answer>;
  /** Sends a POST with exactly this path. Its headers are signed, with the host and the date. */
  send(path: string, headers: Record<string, string>, body: Uint8Array, signal: AbortSignal): Promise<Answer>;
  close(): void;
}

const ANSWER_TIMEOUT_MS = 30_000;

export function createPoster(endpoint: string, signing: Signing): Poster {
  const url = new URL(endpoint);
  const isSecure = url.protocol === "https:";
  const settings = { keepAlive: true, maxSockets: 1 };
  const agent = isSecure ? new HttpsAgent(settings) : new HttpAgent(settings);
  const pathStart = `${url.pathname.replace(/\/$/, "")}/@connections/`;

  const send: Poster["send"] = async (path, headers, body, signal) => {
    const signed = await sign(signing, {
      path,
      headers: { ...headers, host: url.host },
      body,
      date: new Date(),
    });
    const options = {
      method: "POST",
      hostname: url.hostname.replace(/^\[(.*)\]$/, "$1"),
      ...(url.port !== "" && { port: url.port }),
      path,
      headers: { ...signed, "content-length": body.byteLength },
      agent,
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]),
    };
    const request = isSecure ? requestHttps(options) : requestHttp(options);
    request.end(body);
    return answerTo(request);
  };

  return {
    endpoint,
    send,
    post(connectionId, body, signal) {
      const headers = { "content-type": "application/octet-stream" };
      const bytes = typeof body === "string" ? Buffer.from(body) : body;
      return send(`${pathStart}${encodeURIComponent(connectionId)}`, headers, bytes, signal);
    },
    close: () => agent.destroy(),
  };
}

async function answerTo(request: ClientRequest): Promise<Answer> {
  const [response] = (await once(request, "response")) as [IncomingMessage];
  const body = await text(response);
  const [errorType = ""] = String(response.headers["x-amzn-errortype"] ?? "").split(/[:,]/);
  return { status: response.statusCode ?? 0, errorType, body, reusedSocket: request.reusedSocket };
}

/** `413 PayloadTooLargeException, an empty body` */
export function describeAnswer({ status, errorType, body }: Answer): string {
  const size = body === "" ? "an empty body" : `a body of ${Buffer.byteLength(body)} bytes`;
  return [[status, errorType].join(" ").trim(), ...(status === 200 ? [] : [size])].join(", ");
}
