/** Requests to a function URL: real HTTP, signed by aws4, which shares no code with the local stack. */
import { once } from "node:events";
import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { sign } from "aws4";
import { localCredentials } from "lambda-websocket-pubsub-local";
import { within } from "./eventually.ts";

export interface HttpAsked {
  method?: string;
  /** With the query. */
  path?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

export interface HttpReceived {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

export async function ask(url: string, asked: HttpAsked = {}): Promise<HttpReceived> {
  const { method = "GET", path = "/", headers = {}, body } = asked;
  const { hostname, port } = new URL(url);
  const call = httpRequest({ host: hostname, port, method, path, headers, agent: false });
  call.end(body);
  const [response] = await within("response", once(call, "response"));
  let text = "";
  response.setEncoding("utf8");
  for await (const chunk of response) text += chunk;
  return { status: response.statusCode, headers: response.headers, text };
}

export interface SigningChoices {
  accessKeyId?: string;
  secretAccessKey?: string;
  service?: string;
  region?: string;
  date?: Date;
  /** The body that is sent instead of the signed one. */
  sentBody?: string;
}

export function askSigned(
  url: string,
  asked: HttpAsked = {},
  choices: SigningChoices = {},
): Promise<HttpReceived> {
  const { method = "GET", path = "/", headers = {}, body } = asked;
  const { service = "lambda", region = "us-east-1", date = new Date(), sentBody } = choices;
  const { accessKeyId, secretAccessKey } = { ...localCredentials, ...choices };
  const signed = sign(
    {
      service,
      region,
      method,
      path,
      host: new URL(url).host,
      headers: { ...headers, "X-Amz-Date": date.toISOString().replace(/[-:]|\.\d+/g, "") },
      ...(body !== undefined && { body }),
    },
    { accessKeyId, secretAccessKey },
  );
  const sentHeaders = Object.entries(signed.headers ?? {}).map(([name, value]) => [name, String(value)]);
  const sent = sentBody ?? body;
  return ask(url, {
    method,
    path,
    headers: Object.fromEntries(
      sentHeaders.filter(([name]) => sentBody === undefined || !/content-length/i.test(name ?? "")),
    ),
    ...(sent !== undefined && { body: sent }),
  });
}
