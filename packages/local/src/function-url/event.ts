import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { createTraceId } from "../gateway/ids.ts";
import { lastOfEach } from "../gateway/pairs.ts";

/** Whose signature was verified: the only keys of the stack. */
export interface IamIdentity {
  accessKey: string;
  accountId: string;
  callerId: string;
  cognitoIdentity: null;
  principalOrgId: null;
  userArn: string;
  userId: string;
}

/**
 * The event that a function URL passes to its function. The fields are those of AWS's example and of recorded events:
 * https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-request-payload
 * https://github.com/aws-powertools/powertools-lambda-python/tree/develop/tests/events (lambdaFunctionUrl*)
 */
export interface FunctionUrlEvent {
  version: "2.0";
  routeKey: "$default";
  rawPath: string;
  rawQueryString: string;
  cookies?: string[];
  headers: Record<string, string>;
  queryStringParameters?: Record<string, string>;
  requestContext: {
    accountId: string;
    apiId: string;
    authorizer?: { iam: IamIdentity };
    domainName: string;
    domainPrefix: string;
    http: { method: string; path: string; protocol: string; sourceIp: string; userAgent: string };
    requestId: string;
    routeKey: "$default";
    stage: "$default";
    time: string;
    timeEpoch: number;
  };
  body?: string;
  isBase64Encoded: boolean;
}

export interface EventSource {
  region: string;
  /** Absent with the auth type NONE. */
  identity: IamIdentity | undefined;
}

/** The URL's id. The name of the host has it in front, as on AWS: an id of 32 letters and digits. */
const URL_ID = "local";

export function functionUrlEvent(
  request: IncomingMessage,
  body: Buffer,
  { region, identity }: EventSource,
): FunctionUrlEvent {
  const [rawPath = "/", rawQueryString = ""] = splitOnce(request.url ?? "/", "?");
  const { cookie, ...headers } = headersOf(request);
  const isText = isTextual(headers["content-type"]);
  const now = new Date();
  return {
    version: "2.0",
    routeKey: "$default",
    rawPath,
    rawQueryString,
    ...(cookie !== undefined && { cookies: cookie.split(/; */) }),
    headers,
    ...(rawQueryString !== "" && { queryStringParameters: joined(new URLSearchParams(rawQueryString)) }),
    requestContext: {
      accountId: identity?.accountId ?? "anonymous",
      apiId: URL_ID,
      ...(identity && { authorizer: { iam: identity } }),
      domainName: `${URL_ID}.lambda-url.${region}.on.aws`,
      domainPrefix: URL_ID,
      http: {
        method: request.method ?? "GET",
        path: rawPath,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: request.socket.remoteAddress ?? "",
        userAgent: headers["user-agent"] ?? "",
      },
      requestId: randomUUID(),
      routeKey: "$default",
      stage: "$default",
      time: formatTime(now),
      timeEpoch: now.getTime(),
    },
    ...(body.length > 0 && { body: body.toString(isText ? "utf8" : "base64") }),
    isBase64Encoded: body.length > 0 && !isText,
  };
}

/** Names in lower case, and the values of one name joined with commas. Hop-by-hop headers do not reach a function. */
function headersOf(request: IncomingMessage): Record<string, string> {
  const sent: [string, string][] = [];
  for (const [name, values = []] of Object.entries(request.headersDistinct)) {
    if (/^(connection|keep-alive|transfer-encoding|upgrade|te)$/.test(name)) continue;
    sent.push([name, values.join(name === "cookie" ? "; " : ",")]);
  }
  return lastOfEach([
    ...sent,
    ["x-amzn-trace-id", createTraceId(Date.now())],
    ["x-forwarded-for", request.socket.remoteAddress ?? ""],
    ["x-forwarded-port", String(request.socket.localPort ?? "")],
    ["x-forwarded-proto", "http"],
  ]);
}

/** AWS says only that a body whose content type is binary is encoded in base64, and encodes also that of a form. */
const isTextual = (type = ""): boolean =>
  /^(text\/|application\/(json|javascript|xml)\b|application\/[\w.-]+\+(json|xml)\b)/i.test(type);

function joined(parameters: URLSearchParams): Record<string, string> {
  const names = [...new Set(parameters.keys())];
  return Object.fromEntries(names.map((name) => [name, parameters.getAll(name).join(",")]));
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

function formatTime(date: Date): string {
  const [, day, month, year, time] = date.toUTCString().split(" ");
  return `${day}/${month}/${year}:${time} +0000`;
}
