/** The SDK's clients, by themselves and with direct calls, for a server that a test writes by hand. */

import { Sha256 } from "@aws-crypto/sha256-js";
import { DynamoDBClient, type DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";
import { SQSClient, type SQSClientConfig } from "@aws-sdk/client-sqs";
import { HttpRequest } from "@smithy/protocol-http";
import { SignatureV4 } from "@smithy/signature-v4";
import { onTestFinished } from "vitest";
import { parseAuthorization } from "../../packages/local/src/gateway/authorization.ts";
import { parseAmzDate } from "../../packages/local/src/signature-age.ts";
import type { OnDirectPathDisabled } from "../../packages/pubsub/src/aws/transport/direct-path.ts";
import type { SigningIdentity } from "../../packages/pubsub/src/aws/transport/identity.ts";
import { directDynamodb, directSqs } from "./direct-calls.ts";
import type { RawRequest, RawServer } from "./raw-server.ts";
import { receivedRequest } from "./received-request.ts";

export const callRegion = "eu-central-1";
export const callIdentity: SigningIdentity = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPx",
  sessionToken: "IQoJb3JpZ2luX2VjE/+=",
};

/** The SDK expects a token to be present or absent, but never undefined. */
const { sessionToken = "", ...longLived } = callIdentity;
const configOf = ({ port }: Pick<RawServer, "port">) => ({
  endpoint: `http://127.0.0.1:${port}`,
  region: callRegion,
  credentials: { ...longLived, sessionToken },
});

function untilEnd<Client extends { destroy(): void }>(client: Client): Client {
  onTestFinished(() => client.destroy());
  return client;
}

export const dynamodbAlone = (
  server: Pick<RawServer, "port">,
  config: DynamoDBClientConfig = {},
): DynamoDBClient => untilEnd(new DynamoDBClient({ ...configOf(server), ...config }));

export const dynamodbDirect = (
  server: Pick<RawServer, "port">,
  config: DynamoDBClientConfig = {},
  onDisabled: OnDirectPathDisabled = () => {},
): DynamoDBClient => directDynamodb(dynamodbAlone(server, config), onDisabled);

export const sqsAlone = (server: Pick<RawServer, "port">, config: SQSClientConfig = {}): SQSClient =>
  untilEnd(new SQSClient({ ...configOf(server), ...config }));

export const sqsDirect = (server: Pick<RawServer, "port">, config: SQSClientConfig = {}): SQSClient =>
  directSqs(sqsAlone(server, config), () => {});

/** Returns whether a request was a direct call. The SDK always names itself in its requests. */
export const wentDirectly = ({ head }: Pick<RawRequest, "head">): boolean => !/\r\nuser-agent:/i.test(head);

export const targetOf = ({ head }: Pick<RawRequest, "head">): string =>
  /\r\nx-amz-target: [^.\r]+\.(\w+)\r\n/i.exec(head)?.[1] ?? "";

export const bodyOf = ({ body }: Pick<RawRequest, "body">): unknown => JSON.parse(body.toString());

export const httpAnswer = (status: number, body: string, headers: string = ""): string =>
  `HTTP/1.1 ${status} x\r\n${headers}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

/** Signs the received request again with AWS's own signer and compares the signatures. */
export async function isSigned(
  { head, body }: Pick<RawRequest, "head" | "body">,
  { service, identity = callIdentity }: { service: string; identity?: SigningIdentity },
): Promise<boolean> {
  const { method, url, headers } = receivedRequest(head, body);
  const lower = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const given = parseAuthorization(String(lower.authorization));
  const signingDate = parseAmzDate(String(lower["x-amz-date"]));
  if (!given || !signingDate) return false;
  const { sessionToken, ...long } = identity;
  const signer = new SignatureV4({
    service,
    region: callRegion,
    credentials: { ...long, ...(sessionToken && { sessionToken }) },
    sha256: Sha256,
    applyChecksum: false,
  });
  const signed = given.signedHeaders.map((name): [string, string] => [name, String(lower[name])]);
  const request = new HttpRequest({ method, path: url, headers: Object.fromEntries(signed), body });
  const again = await signer.sign(request, {
    signingDate,
    signableHeaders: new Set(given.signedHeaders),
  });
  const same = parseAuthorization(again.headers.authorization ?? "");
  return JSON.stringify(same) === JSON.stringify(given);
}
