import { createHash, createHmac } from "node:crypto";
import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import type { Gateway } from "../../packages/local/src/gateway/index.ts";
import { credentials, region, within } from "./gateway-support.ts";

/** The parts that a test may get wrong on purpose. The defaults are correct. */
export interface SigningChoices {
  method?: string;
  signedMethod?: string;
  /** The path as sent. */
  path?: string;
  /** Converts the sent path to the signed one. Default: it encodes each segment again. */
  toCanonicalPath?(sent: string): string;
  body?: string | Buffer;
  signedBody?: string;
  region?: string;
  service?: string;
  accessKeyId?: string;
  secretAccessKey?: string;
  date?: Date;
  scopeDate?: string;
  headers?: Record<string, string>;
  /** Headers that are sent but not signed. */
  unsignedHeaders?: Record<string, string>;
  authorization?: string | undefined;
}

export interface RawAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  message: string | undefined;
}

/** Sends a request with signature version 4 by its specification. It shares no code with the gateway. */
export function sendSigned(gateway: Gateway, choices: SigningChoices = {}): Promise<RawAnswer> {
  const method = choices.method ?? "POST";
  const path = choices.path ?? "/%24default/%40connections/unknown%3D";
  const body = choices.body ?? "hello";
  const date = (choices.date ?? new Date()).toISOString().replace(/[-:]|\.\d+/g, "");
  const headers: Record<string, string> = {
    host: gateway.domainName,
    "x-amz-date": date,
    ...choices.headers,
  };
  const scope = [
    choices.scopeDate ?? date.slice(0, 8),
    choices.region ?? region,
    choices.service ?? "execute-api",
    "aws4_request",
  ];
  const names = Object.keys(headers).sort();
  const canonicalRequest = [
    choices.signedMethod ?? method,
    (choices.toCanonicalPath ?? encodeSegments)(path),
    "",
    ...names.map((name) => `${name}:${headers[name]?.replace(/ +/g, " ")}`),
    "",
    names.join(";"),
    sha256(choices.signedBody ?? body),
  ].join("\n");
  const stringToSign = ["AWS4-HMAC-SHA256", date, scope.join("/"), sha256(canonicalRequest)].join("\n");
  let key: string | Buffer = `AWS4${choices.secretAccessKey ?? credentials.secretAccessKey}`;
  for (const part of scope) key = createHmac("sha256", key).update(part).digest();
  const signature = createHmac("sha256", key).update(stringToSign).digest("hex");
  const credential = `${choices.accessKeyId ?? credentials.accessKeyId}/${scope.join("/")}`;
  const authorization =
    "authorization" in choices
      ? choices.authorization
      : `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names.join(";")}, Signature=${signature}`;
  return send(gateway, {
    method,
    path,
    body,
    headers: {
      ...headers,
      ...choices.unsignedHeaders,
      ...(authorization === undefined ? {} : { authorization }),
    },
  });
}

function send(
  gateway: Gateway,
  request: { method: string; path: string; body: string | Buffer; headers: Record<string, string> },
): Promise<RawAnswer> {
  const answer = new Promise<RawAnswer>((resolve, reject) => {
    const { method, path, headers } = request;
    const outgoing = httpRequest({ port: gateway.port, method, path, headers, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () => {
        const message = text === "" ? undefined : String(JSON.parse(text).message);
        resolve({ status: response.statusCode ?? 0, headers: response.headers, message });
      });
    });
    outgoing.on("error", reject);
    outgoing.end(request.body);
  });
  return within("answer", answer);
}

function encodeSegments(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}

function sha256(value: string | Buffer): string {
  return createHash("sha256").update(value).digest("hex");
}
