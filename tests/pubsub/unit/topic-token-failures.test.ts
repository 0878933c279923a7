/** A failure of the cryptography used to be reported as TOKEN_INVALID, so that the client gave up for good. */
import { expect, it, vi } from "vitest";
import { decideAccess } from "../../../packages/pubsub/src/handlers/authorize.ts";
import { noUser } from "../../../packages/pubsub/src/handlers/connection-user.ts";
import { createTopicTokenAuthorizer, mintTopicToken } from "../../../packages/pubsub/src/tokens/index.ts";
import { consumerOf } from "../../support/samples.ts";

const secrets = ["a secret of thirty-two bytes, or more", "another secret of thirty-two bytes!!"] as const;

async function verdictOn(token: string): Promise<string> {
  const authorize = createTopicTokenAuthorizer({ secrets });
  const gate = { authorize, timeoutMs: 5_000, observe: (): void => {}, now: Date.now };
  const event = { requestContext: {} };
  const asked = { action: "SUBSCRIBE", topicId: "room", token, user: noUser } as const;
  const request = { ...asked, consumer: consumerOf("c"), event };
  return (await decideAccess(gate, request)).verdict;
}

/** The next key that is imported can't be used. */
const failOnce = (): void => {
  vi.spyOn(crypto.subtle, "importKey").mockRejectedValueOnce(new Error("the cryptography failed"));
};

it("leaves a request undecided if the token could not be checked with one key, and no other accepts it", async () => {
  const token = await mintTopicToken({ topicId: "room", secret: "a third secret, of thirty-two bytes!" });
  expect(await verdictOn(token)).toBe("denied");
  failOnce();
  expect(await verdictOn(token)).toBe("undecided");
});

it("allows a request if the token could not be checked with one key, and another accepts it", async () => {
  const token = await mintTopicToken({ topicId: "room", secret: secrets[1] });
  failOnce();
  expect(await verdictOn(token)).toBe("allowed");
});
