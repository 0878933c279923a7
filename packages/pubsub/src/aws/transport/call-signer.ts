import { createHmac, hash } from "node:crypto";
import type { CallEndpoint } from "./call-endpoints.ts";
import {
  ALGORITHM,
  amzDateOf,
  assertSendable,
  createSigningKeys,
  fitsHeader,
  type SigningIdentity,
  scopeOf,
} from "./signing.ts";

/** Signs calls of one service: `POST /` with a JSON body and the operation in a header. */
export interface CallSigner {
  /** The whole head, up to the empty line before the body. */
  headOf(call: { endpoint: CallEndpoint; target: string; body: Uint8Array; nowMs: number }): string;
}

const CONTENT_TYPE = "application/x-amz-json-1.0";

/** Throws a TypeError for an identity that can't be sent. */
export function createCallSigner(service: string, region: string): (identity: SigningIdentity) => CallSigner {
  const keys = createSigningKeys(region, service);
  return (identity) => {
    assertSendable(identity, region);
    const { accessKeyId, secretAccessKey, sessionToken } = identity;
    const token = sessionToken ? [["x-amz-security-token", sessionToken]] : [];
    return {
      headOf({ endpoint: { host, path }, target, body, nowMs }) {
        const amzDate = amzDateOf(nowMs);
        const day = amzDate.slice(0, 8);
        const scope = scopeOf(day, region, service);
        const date = [["x-amz-date", amzDate]];
        const headers = [
          ["content-type", CONTENT_TYPE],
          ["host", host],
          ...date,
          ...token,
          ["x-amz-target", target],
        ];
        const names = headers.map(([name]) => name).join(";");
        const canonical = headers.map(([name, value]) => `${name}:${value}\n`).join("");
        const request = `POST\n${path}\n\n${canonical}\n${names}\n${hash("sha256", body, "hex")}`;
        const signature = createHmac("sha256", keys(secretAccessKey, day))
          .update(`${ALGORITHM}\n${amzDate}\n${scope}\n${hash("sha256", request, "hex")}`)
          .digest("hex");
        const credential = `Credential=${accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
        const authorization = [["authorization", `${ALGORITHM} ${credential}`]];
        const length = [["content-length", String(body.byteLength)]];
        const sent = [...headers, ...authorization, ...traceOfInvocation(), ...length];
        return `POST ${path} HTTP/1.1\r\n${sent.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`;
      },
    };
  };
}

/** As the SDK does it, the trace of the invocation that this call is a part of is handed on. */
function traceOfInvocation(): string[][] {
  const { AWS_LAMBDA_FUNCTION_NAME: inLambda, _X_AMZN_TRACE_ID: trace = "" } = process.env;
  return inLambda && fitsHeader(trace) ? [["x-amzn-trace-id", trace]] : [];
}
