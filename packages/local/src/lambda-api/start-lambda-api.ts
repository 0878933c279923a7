import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Credentials } from "../credentials.ts";
import { answers, sendError, sendJson } from "../gateway/answers.ts";
import { readBody } from "../gateway/read-body.ts";
import { createSignatureVerifier } from "../gateway/signature.ts";
import { listenHttp } from "../listen-http.ts";
import type { WebGuard } from "../web-guard.ts";
import { type FunctionFacts, functionConfiguration, mappingConfiguration } from "./lambda-shapes.ts";

export interface LambdaApiOptions {
  host: string;
  region: string;
  credentials: Credentials;
  guard: WebGuard;
  fanout: FunctionFacts;
  /** Kills the worker whose post to this connection comes next, before the post is made. */
  killAtPost(connectionId: string): void;
}

export interface LambdaApi {
  endpoint: string;
  stop(): Promise<void>;
}

/** Not an action of AWS's: Lambda has no call that kills a worker. */
const KILL_PATH = "/_local/fanout/kill-at-post";
const BODY_BYTES_MAX = 10_000;

/**
 * The part of Lambda's API that reads settings: ListEventSourceMappings, GetFunctionConfiguration and
 * GetFunctionRecursionConfig of the fan-out function. Every request must be signed.
 */
export async function startLambdaApi(options: LambdaApiOptions): Promise<LambdaApi> {
  const { host, region, credentials } = options;
  const verify = createSignatureVerifier({ region, credentials, service: "lambda" });
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "GET", url = "/", headers } = request;
    const page = options.guard.refuseRequest(headers);
    if (page !== undefined) return sendError(response, { ...answers.forbidden, message: page });
    const body = await readBody(request, BODY_BYTES_MAX);
    const refusal = await verify({ method, url, headers, bodySha256: body.sha256 });
    if (refusal) return sendError(response, refusal);
    const { pathname, searchParams } = new URL(url, "http://localhost");
    if (method === "POST" && pathname === KILL_PATH) {
      options.killAtPost(String(body.kept ?? ""));
      return sendJson(response, 200, {});
    }
    const found =
      method === "GET" ? settingsAt(decodeURIComponent(pathname), searchParams, options.fanout) : undefined;
    if (found) return sendJson(response, 200, found);
    sendError(response, {
      status: 404,
      errorType: "ResourceNotFoundException",
      message: `No ${method} ${pathname}`,
    });
  }

  const { url, stop } = await listenHttp(server, { host, port: undefined, service: "lambda" });
  return { endpoint: url, stop };
}

function settingsAt(path: string, query: URLSearchParams, fanout: FunctionFacts): object | undefined {
  if (/^\/2015-03-31\/event-source-mappings\/?$/.test(path)) {
    const source = query.get("EventSourceArn");
    const isOurs =
      (source === null || source === fanout.queueArn) && names(query.get("FunctionName"), fanout);
    return { EventSourceMappings: isOurs ? [mappingConfiguration(fanout)] : [] };
  }
  const [, name, what] =
    /^\/\d{4}-\d\d-\d\d\/functions\/(.+)\/(configuration|recursion-config)$/.exec(path) ?? [];
  if (name === undefined || !names(name, fanout)) return undefined;
  return what === "configuration" ? functionConfiguration(fanout) : { RecursiveLoop: fanout.recursiveLoop };
}

/** Lambda accepts a function's name or its ARN. */
const names = (name: string | null, { functionName, functionArn }: FunctionFacts): boolean =>
  name === null || name === functionName || name === functionArn;
