import { createHash, createHmac } from "node:crypto";
import type { SignedRequest } from "./inputs/requests.ts";

export interface Signing {
  host: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
}

/** Returns the bytes of a request with a correct signature, by the specification of Signature Version 4. */
export function signRequest({ method, path, body, headers }: SignedRequest, signing: Signing): Buffer {
  const { host, region, accessKeyId, secretAccessKey } = signing;
  const date = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
  const scope = [date.slice(0, 8), region, "execute-api", "aws4_request"];
  const own: [string, string][] = [
    ["host", host],
    ["x-amz-date", date],
  ];
  const others = headers.filter(
    ([name]) => !["host", "x-amz-date", "content-length"].includes(name.toLowerCase()),
  );
  const all = new Map([
    ...others.map(([name, value]) => [name.toLowerCase(), value.trim()] as const),
    ...own,
  ]);
  const names = [...all.keys()].sort();
  const [route = "", query = ""] = path.split("?", 2);
  const canonical = [
    method,
    route
      .split("/")
      .filter((part) => part !== "")
      .map((part) => `/${encodeURIComponent(part)}`)
      .join("") || "/",
    [...new URLSearchParams(query)]
      .map((pair) => pair.map(encodeURIComponent).join("="))
      .sort()
      .join("&"),
    ...names.map((name) => `${name}:${all.get(name)}`),
    "",
    names.join(";"),
    sha256(body),
  ].join("\n");
  let key: string | Buffer = `AWS4${secretAccessKey}`;
  for (const part of scope) key = createHmac("sha256", key).update(part).digest();
  const toSign = ["AWS4-HMAC-SHA256", date, scope.join("/"), sha256(canonical)].join("\n");
  const signature = createHmac("sha256", key).update(toSign).digest("hex");
  const authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope.join("/")}, SignedHeaders=${names.join(";")}, Signature=${signature}`;
  const bytes = Buffer.from(body);
  const lines = [...all, ["authorization", authorization], ["content-length", String(bytes.length)]];
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return Buffer.concat([Buffer.from(`${method} ${path} HTTP/1.1\r\n${head}\r\n`, "latin1"), bytes]);
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
