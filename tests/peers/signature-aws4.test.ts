/** aws4 is a signer that neither AWS nor this project wrote. */
import { once } from "node:events";
import { request } from "node:http";
import { sign } from "aws4";
import { expect, it } from "vitest";
import { localCredentials } from "../../packages/local/src/credentials.ts";
import { createPostClient } from "../../packages/pubsub/src/aws/management-api/post-client.ts";
import { within } from "../support/eventually.ts";
import { openGateway } from "../support/gateway.ts";
import { answerOf, startRawServer } from "../support/raw-server.ts";
import { receivedRequest } from "../support/received-request.ts";

const longLived = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPx",
};
const session = { ...longLived, sessionToken: "IQoJb3JpZ2luX2VjE/+=" };

it.each([
  ["$default", "L0SM9cOFvHcCIhw=", longLived],
  ["$default", "a/b c%ü*'()!~", session],
  ["prod", "", longLived],
  ["st äge", "abc=", session],
])("signs a post of stage %j to the connection %j as aws4 does", async (stage, connectionId, identity) => {
  const server = await startRawServer({ onRequest: ({ answer }) => answer(answerOf("")) });
  const post = createPostClient(
    `http://127.0.0.1:${server.port}/${encodeURIComponent(stage)}`,
    { region: async () => "eu-central-1", credentials: async () => identity },
    { transport: "direct", onDisabled: () => {} },
  );
  const received = server.next();
  await post(connectionId || "x", { body: Buffer.from('{"ü":1}') });
  const { head, body } = await within("post", received);
  const { method, url: path, headers } = receivedRequest(head, body);
  const { authorization, "content-length": _, ...unsigned } = headers as Record<string, string>;
  const again = {
    service: "execute-api",
    region: "eu-central-1",
    method,
    path,
    headers: unsigned,
    body,
    // A post does not sign these, and aws4 would add them
    extraHeadersToIgnore: { "content-length": true, "x-amz-content-sha256": true },
  };
  expect(sign(again, identity).headers?.Authorization).toBe(authorization);
});

it("signs a post that the local gateway accepts, with aws4", async () => {
  const gateway = await openGateway();
  const { consumer, next } = await gateway.connect();
  const path = `/$default/@connections/${encodeURIComponent(consumer.connectionId)}`;
  const host = gateway.domainName;
  const method = "POST";
  const signed = sign(
    { service: "execute-api", region: "us-east-1", host, method, path, body: "hello" },
    localCredentials,
  );
  const sent = request({ host: "127.0.0.1", port: gateway.port, method, path, headers: signed.headers });
  sent.end("hello");
  const [response] = await within("response", once(sent, "response"));
  expect(response.statusCode).toBe(200);
  expect(await next()).toBe("hello");
});
