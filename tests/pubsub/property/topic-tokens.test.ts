import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { idProblem } from "../../../packages/pubsub/src/core/ids.ts";
import { isPubsubError } from "../../../packages/pubsub/src/index.ts";
import { createTopicTokenAuthorizer, mintTopicToken } from "../../../packages/pubsub/src/tokens/index.ts";
import { consumerOf } from "../../support/samples.ts";
import { forgeToken, topicClaims } from "../../support/topic-tokens.ts";

const secret = "a secret of thirty-two bytes, or more";
const authorize = createTopicTokenAuthorizer({ secret });

/** Returns whether the token gives access to the topic. Any error but the library's own rejection fails the test. */
async function isLetIn(token: string, topicId = "room"): Promise<boolean> {
  const event = { requestContext: {} };
  try {
    const request = { action: "SUBSCRIBE" as const, topicId, token, consumer: consumerOf("c"), event };
    const granted = await authorize(request);
    return typeof granted === "object" && granted.allow;
  } catch (error) {
    if (!isPubsubError(error) || !error.code.startsWith("TOKEN_")) throw error;
    return false;
  }
}

const base64url = fc.constantFrom(..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");
const topicId = fc
  .oneof(
    fc.string({ unit: "binary", minLength: 1, maxLength: 8 }),
    fc.constantFrom(
      "room",
      "Room",
      "caf\u00e9",
      "cafe\u0301",
      "\u212b",
      "\u00c5",
      "__proto__",
      "topic#room",
      "a/b",
    ),
  )
  .filter((id) => idProblem("id", id) === undefined);

describe("a modified token", () => {
  let token = "";
  beforeAll(async () => {
    token = await mintTopicToken({ topicId: "room", secret });
    expect(await isLetIn(token)).toBe(true);
  });

  it("is rejected if any one character differs", async () => {
    const property = fc.asyncProperty(fc.nat(), base64url, async (where, character) => {
      const at = where % token.length;
      const changed = token.slice(0, at) + character + token.slice(at + 1);
      expect(await isLetIn(changed)).toBe(changed === token);
    });
    await fc.assert(property, { numRuns: 2_000 });
  });

  it("is rejected if the last character of its signature differs only in unused bits", async () => {
    const last = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"];
    const allowed = await Promise.all(last.map((character) => isLetIn(token.slice(0, -1) + character)));
    expect(allowed.filter((isAllowed) => isAllowed)).toHaveLength(1);
  });

  it("is rejected if parts are cut, doubled, inserted or exchanged", async () => {
    const other = await mintTopicToken({ topicId: "other", secret });
    const parts = [...token.split("."), ...other.split("."), "", "e30", "."];
    const mixed = fc.array(fc.constantFrom(...parts), { maxLength: 5 }).map((some) => some.join("."));
    const inserted = fc
      .tuple(fc.nat(token.length), fc.string({ unit: "binary", minLength: 1, maxLength: 4 }))
      .map(([at, text]) => token.slice(0, at) + text + token.slice(at));
    const cut = fc.nat(token.length - 1).map((length) => token.slice(0, length));
    const property = fc.asyncProperty(fc.oneof(mixed, inserted, cut), async (text) => {
      expect(await isLetIn(text)).toBe(text === token);
    });
    await fc.assert(property, { numRuns: 2_000 });
  });
});

it("rejects any text that is not a token with the library's own error", async () => {
  const json = fc.jsonValue().map((value) => Buffer.from(JSON.stringify(value)).toString("base64url"));
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 200 }),
    fc.array(fc.oneof(json, base64url), { maxLength: 5 }).map((some) => some.join(".")),
  );
  await fc.assert(
    fc.asyncProperty(text, async (token) => {
      expect(await isLetIn(token)).toBe(false);
    }),
    { numRuns: 2_000 },
  );
});

it("gives access to a topic only if the signed claims name it, for any claims", async () => {
  const claims = fc.record(
    { topics: fc.oneof(fc.array(topicId, { maxLength: 3 }), fc.jsonValue()), connectionId: fc.jsonValue() },
    { requiredKeys: ["topics"] },
  );
  const property = fc.asyncProperty(claims, topicId, async (said, asked) => {
    const token = await forgeToken(topicClaims(said), secret);
    const names = Array.isArray(said.topics) && said.topics.some((topic) => topic === asked);
    const isBound = said.connectionId !== undefined && said.connectionId !== "c";
    if (await isLetIn(token, asked)) expect([names, isBound]).toEqual([true, false]);
  });
  await fc.assert(property, { numRuns: 1_000 });
});

it("gives access to exactly the topics that the token was minted for, for any topic ids", async () => {
  const property = fc.asyncProperty(
    fc.array(topicId, { minLength: 1, maxLength: 4 }),
    topicId,
    async (ids, asked) => {
      const token = await mintTopicToken({ topicIds: ids, secret });
      expect(await isLetIn(token, asked)).toBe(ids.includes(asked));
      for (const id of ids) expect(await isLetIn(token, id)).toBe(true);
    },
  );
  await fc.assert(property, { numRuns: 500 });
});
