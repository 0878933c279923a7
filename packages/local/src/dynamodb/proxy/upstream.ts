import { once } from "node:events";
import http, { type IncomingMessage } from "node:http";
import https from "node:https";
import { text } from "node:stream/consumers";
import { jsonObject } from "./json-object.ts";

/** The server that calls are forwarded to. */
export interface Upstream {
  /** Sends the caller's request with another body. Rejects if the server cannot be reached. */
  forward(incoming: IncomingMessage, body: Buffer): Promise<IncomingMessage>;
  /** Returns a function that makes further calls in the name of the caller. */
  asCaller(incoming: IncomingMessage): AskServer;
  stop(): void;
}

/** Makes a call and returns its response. Returns undefined if the call fails. */
export type AskServer = (target: string, body: object) => Promise<Record<string, unknown> | undefined>;

/** Shorter than Jetty's 30 s, so that no call goes out on a socket which the server is just closing. */
const idleSocketMs = 20_000;
/** Headers that are not forwarded (RFC 9110, section 7.6.1). The content length is computed again. */
const HOP_BY_HOP = new Set(["connection", "keep-alive", "transfer-encoding", "content-length", "expect"]);

/** @param host The Host header of forwarded calls. Undefined: the caller's. */
export function createUpstream(url: string, host: string | undefined): Upstream {
  const { hostname, port, protocol } = new URL(url);
  const { Agent, request } = protocol === "https:" ? https : http;
  const agent = new Agent({ keepAlive: true, timeout: idleSocketMs });

  async function send(
    { method, url: path }: IncomingMessage,
    headers: readonly string[],
    body: Buffer,
  ): Promise<IncomingMessage> {
    const call = request({
      agent,
      hostname: hostname.replace(/^\[|\]$/g, ""),
      port,
      method,
      path,
      headers: [...headers, "content-length", String(body.length)],
    });
    call.on("error", () => {}); // an error rejects the `once` below; after that, the response breaks off
    call.end(body);
    const [answer] = (await once(call, "response")) as [IncomingMessage];
    return answer;
  }

  const headersOf = ({ rawHeaders }: IncomingMessage): readonly string[] => {
    const headers = endToEnd(rawHeaders);
    return host === undefined ? headers : withHeader(headers, /^host$/i, () => host);
  };

  return {
    forward: (incoming, body) => send(incoming, headersOf(incoming), body),
    asCaller: (incoming) => async (target, body) => {
      const headers = withHeader(headersOf(incoming), /^x-amz-target$/i, (value) =>
        value.replace(/[^.]*$/, target),
      );
      try {
        const answer = await send(incoming, headers, Buffer.from(JSON.stringify(body)));
        const content = await text(answer);
        return answer.statusCode === 200 ? jsonObject(content) : undefined;
      } catch {
        return undefined;
      }
    },
    stop: () => agent.destroy(),
  };
}

/** Returns the end-to-end headers as alternating names and values, in their order. */
export function endToEnd(rawHeaders: readonly string[]): string[] {
  return rawHeaders.filter(
    (_, index) => !HOP_BY_HOP.has((rawHeaders[index - (index % 2)] ?? "").toLowerCase()),
  );
}

/** Replaces the values of the headers with this name. */
function withHeader(
  headers: readonly string[],
  name: RegExp,
  replace: (value: string) => string,
): readonly string[] {
  return headers.map((value, index) =>
    index % 2 === 1 && name.test(headers[index - 1] ?? "") ? replace(value) : value,
  );
}
