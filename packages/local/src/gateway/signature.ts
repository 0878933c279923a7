import type { IncomingHttpHeaders } from "node:http";
import { Sha256 } from "@aws-crypto/sha256-js";
import { HttpRequest } from "@smithy/protocol-http";
import { SignatureV4 } from "@smithy/signature-v4";
import { ageProblem, parseAmzDate } from "../signature-age.ts";
import type { ErrorAnswer } from "./answers.ts";
import { type Authorization, parseAuthorization } from "./authorization.ts";

export interface GatewayCredentials {
  accessKeyId: string;
  secretAccessKey: string;
}

export interface ReceivedRequest {
  method: string;
  /** The URL as received. The canonical path encodes the raw path once more. */
  url: string;
  headers: IncomingHttpHeaders;
  bodySha256: string;
}

/** Resolves to the error, or to undefined when the signature is valid. */
export type SignatureVerifier = (request: ReceivedRequest) => Promise<ErrorAnswer | undefined>;

export interface SignatureVerifierOptions {
  region: string;
  credentials: GatewayCredentials;
  /** Default `execute-api`. */
  service?: string;
  nowMs?(): number;
}

const contentHashHeader = "x-amz-content-sha256";
const tokenHeader = "x-amz-security-token";

/**
 * Verifies signature version 4 in the Authorization header (query-string signing is not supported) by signing
 * the request again with AWS's own signer. Messages and error types are those of API Gateway:
 * https://repost.aws/knowledge-center/api-gateway-iam-sigv4-mismatch
 */
export function createSignatureVerifier(options: SignatureVerifierOptions): SignatureVerifier {
  const { region, credentials, service = "execute-api", nowMs = Date.now } = options;
  // The signer caches the keys that it derives.
  const signer = new SignatureV4({ service, region, credentials, sha256: Sha256, applyChecksum: false });

  return async (request) => {
    const { headers } = request;
    if (headers.authorization === undefined) {
      return refusal("MissingAuthenticationTokenException", "Missing Authentication Token");
    }
    const authorization = parseAuthorization(headers.authorization);
    const dateHeader = String(headers["x-amz-date"] ?? "");
    const signingDate = parseAmzDate(dateHeader);
    if (authorization === undefined || signingDate === undefined) {
      return refusal(
        "IncompleteSignatureException",
        "Authorization header requires 'Credential', 'SignedHeaders' and 'Signature' of AWS4-HMAC-SHA256, and an 'X-Amz-Date' header.",
      );
    }
    if (authorization.accessKeyId !== credentials.accessKeyId) {
      return refusal("UnrecognizedClientException", "The security token included in the request is invalid.");
    }
    const problem =
      scopeProblem(authorization, { region, service }, dateHeader) ??
      ageProblem(signingDate, nowMs()) ??
      headerProblem(authorization, request);
    if (problem !== undefined) return refusal("InvalidSignatureException", problem);

    const signed = await signer.sign(reconstruct(request, authorization), {
      signingDate,
      signableHeaders: new Set(authorization.signedHeaders),
      // `reconstruct` sets this header so that the signer does not hash the body again. It is not part of the signature
      // unless the caller signed it.
      ...(authorization.signedHeaders.includes(contentHashHeader)
        ? {}
        : { unsignableHeaders: new Set([contentHashHeader]) }),
    });
    const expected = parseAuthorization(signed.headers.authorization ?? "");
    if (expected?.signature === authorization.signature) return undefined;
    return refusal(
      "InvalidSignatureException",
      "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
    );
  };
}

function reconstruct(
  { method, url, headers, bodySha256 }: ReceivedRequest,
  { signedHeaders }: Authorization,
) {
  const [path = "/", query = ""] = url.split("?", 2);
  const signed: Record<string, string> = {};
  for (const name of signedHeaders) {
    const value = headers[name];
    if (value !== undefined) signed[name] = Array.isArray(value) ? value.join(",") : value;
  }
  signed[contentHashHeader] = bodySha256;
  return new HttpRequest({ method, path, query: parseQuery(query), headers: signed });
}

function parseQuery(query: string): Record<string, string[]> {
  const values: Record<string, string[]> = {};
  const parameters = new URLSearchParams(query);
  for (const name of new Set(parameters.keys())) values[name] = parameters.getAll(name);
  return values;
}

function scopeProblem(
  authorization: Authorization,
  { region, service }: Pick<Authorization, "region" | "service">,
  date: string,
): string | undefined {
  if (authorization.region !== region) {
    return `Credential should be scoped to a valid region, not '${authorization.region}'.`;
  }
  if (authorization.service !== service) {
    return `Credential should be scoped to correct service: '${service}'.`;
  }
  if (!date.startsWith(authorization.scopeDate)) {
    return `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${authorization.scopeDate}' != '${date.slice(0, 8)}'.`;
  }
  return undefined;
}

function headerProblem({ signedHeaders }: Authorization, request: ReceivedRequest): string | undefined {
  for (const name of [
    "host",
    "x-amz-date",
    ...(request.headers[tokenHeader] === undefined ? [] : [tokenHeader]),
  ]) {
    if (!signedHeaders.includes(name)) return `'${name}' must be a 'SignedHeader' in the AWS Authorization.`;
  }
  const sentHash = request.headers[contentHashHeader];
  if (sentHash !== undefined && sentHash !== request.bodySha256) {
    return `The provided '${contentHashHeader}' header does not match what was computed.`;
  }
  return undefined;
}

function refusal(errorType: string, message: string): ErrorAnswer {
  return { status: 403, errorType, message };
}
