import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import type { Signable } from "../aws/sign.ts";

/** A request as it came over the network. */
export interface RecordedRequest {
  /** `POST /path` */
  line: string;
  headers: Record<string, string>;
  body: Buffer;
  /** What its signature covers, to be signed again. */
  signable: Signable;
}

/**
 * Runs `post` against a server on this machine that accepts everything, and returns the first request that it got. The
 * server stands in for a management endpoint with this path.
 */
export async function record(
  path: string,
  post: (endpoint: string) => Promise<void>,
): Promise<RecordedRequest> {
  const requests: RecordedRequest[] = [];
  const server = createServer(async (request, response) => {
    const { method = "", url = "" } = request;
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    );
    const body = await buffer(request);
    requests.push({ line: `${method} ${url}`, headers, body, signable: toSignable(url, headers, body) });
    response.writeHead(200, { connection: "close" }).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    const { port } = server.address() as AddressInfo;
    await post(`http://127.0.0.1:${port}${path}`);
    const [first] = requests;
    if (!first) throw new Error("no request reached the recorder");
    return first;
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

function toSignable(path: string, headers: Record<string, string>, body: Buffer): Signable {
  const [, names = ""] = /SignedHeaders=([\w;-]+)/.exec(headers.authorization ?? "") ?? [];
  const { "x-amz-date": amzDate = "" } = headers;
  const signed = names.split(";").filter((name) => !["x-amz-date", "x-amz-security-token"].includes(name));
  return {
    path,
    headers: Object.fromEntries(signed.map((name) => [name, headers[name] ?? ""])),
    body,
    date: toDate(amzDate),
  };
}

/** From `20261128T213604Z`. */
const toDate = (amzDate: string): Date =>
  new Date(amzDate.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
