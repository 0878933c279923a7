import { hash } from "node:crypto";
import { Sha256 } from "@aws-crypto/sha256-js";
import { HttpRequest } from "@smithy/protocol-http";
import { SignatureV4 } from "@smithy/signature-v4";
import type { AwsCredentialIdentity, Provider } from "@smithy/types";

const HASH = "x-amz-content-sha256";

export interface Signing {
  region: string;
  credentials: Provider<AwsCredentialIdentity>;
  /** Default `execute-api`. */
  service?: string;
}

export interface Signable {
  /** As it is sent: encoded once. */
  path: string;
  /** With the host. Names in lower case. */
  headers: Record<string, string>;
  body: Uint8Array;
  date: Date;
}

/** Signs a POST with AWS's own signer. Returns all headers to send. */
export async function sign(
  { region, credentials, service = "execute-api" }: Signing,
  request: Signable,
): Promise<Record<string, string>> {
  const { path, headers, body, date } = request;
  const signer = new SignatureV4({
    service,
    region,
    credentials,
    sha256: Sha256,
    applyChecksum: false,
  });
  const { host = "" } = headers;
  // The signer takes the body's hash from this header, which is signed only if the caller signs it
  const signsHash = HASH in headers;
  const given = { ...headers, [HASH]: hash("sha256", body, "hex") };
  const unsigned = new HttpRequest({ method: "POST", hostname: host, path, headers: given, body });
  const signed = await signer.sign(unsigned, {
    signingDate: date,
    // Without this the signer leaves out some headers that a caller may have signed
    signableHeaders: new Set([...Object.keys(headers), "x-amz-date", "x-amz-security-token"]),
    unsignableHeaders: new Set(signsHash ? [] : [HASH]),
  });
  const { [HASH]: sentHash, ...sent } = signed.headers;
  return signsHash ? { ...sent, [HASH]: sentHash ?? "" } : sent;
}
