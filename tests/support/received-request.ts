import { hash } from "node:crypto";
import type { ReceivedRequest } from "../../packages/local/src/gateway/signature.ts";

/** Returns a request in the form that the local gateway's signature verifier expects. */
export function receivedRequest(head: string, body: Uint8Array): ReceivedRequest {
  const [line = "", ...lines] = head.replace(/\r\n\r\n$/, "").split("\r\n");
  const [method = "", url = ""] = line.split(" ");
  const headers = Object.fromEntries(lines.map((text) => text.split(/: (.*)/s, 2)));
  return { method, url, headers, bodySha256: hash("sha256", body, "hex") };
}
