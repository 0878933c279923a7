import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isPubsubError } from "../../../packages/pubsub/src/index.ts";
import { createTopicTokenAuthorizer, mintTopicToken } from "../../../packages/pubsub/src/tokens/index.ts";
import { matchesPattern, patternProblem } from "../../../packages/pubsub/src/tokens/patterns.ts";
import { consumerOf, rejectionOf } from "../../support/samples.ts";
import { forgeToken, topicClaims } from "../../support/topic-tokens.ts";

const secret = "a secret of thirty-two bytes, or more";
const authorize = createTopicTokenAuthorizer({ secret });

/** Returns `allowed`, or the code of the refusal. */
async function ask(token: string, topicId: string, action: "SUBSCRIBE" | "PUBLISH" = "SUBSCRIBE") {
  try {
    await authorize({ action, topicId, token, consumer: consumerOf("c") });
    return "allowed";
  } catch (error) {
    if (!isPubsubError(error)) throw error;
    return error.code;
  }
}

/** Segment by segment, without an expression. */
function naive(pattern: string, topicId: string): boolean {
  const wanted = pattern.split("/");
  const segments = topicId.split("/");
  const last = wanted.at(-1);
  if (last !== "*" && last !== "**") return pattern === topicId;
  const fixed = wanted.slice(0, -1);
  const rest = segments.slice(fixed.length);
  const isRestFull = rest.length > 0 && rest.every((segment) => segment.length > 0);
  return (
    fixed.every((segment, index) => segment === segments[index]) &&
    isRestFull &&
    (last === "**" || rest.length === 1)
  );
}

const text = fc.string({ unit: fc.constantFrom("a", "b", "/", "é"), minLength: 1, maxLength: 6 });
const pattern = fc
  .tuple(text, fc.constantFrom("", "/*", "/**"))
  .map(([prefix, wildcard]) => `${prefix}${wildcard}`);

describe("a pattern", () => {
  it("matches what a comparison segment by segment matches", () => {
    let matched = 0;
    const topic = fc.tuple(pattern, text, fc.boolean()).map(([like, other, isLike]) => {
      return { like, topicId: isLike ? like.replace(/\*+$/, other) : other };
    });
    fc.assert(
      fc.property(topic, ({ like, topicId }) => {
        const isMatch = matchesPattern(like, topicId);
        if (isMatch && like.includes("*")) matched += 1;
        expect(isMatch).toBe(naive(like, topicId));
      }),
      { numRuns: 5_000 },
    );
    expect(matched).toBeGreaterThan(50);
  });

  it.each([
    [
      "room/*",
      ["room/1", "room/*", "room/é"],
      ["room", "room/", "room/1/2", "rooms/1", "room//1", "xroom/1"],
    ],
    ["room/**", ["room/1", "room/1/2", "room/1/2/3"], ["room", "room/", "room/1/", "room//1", "rooms/1"]],
    ["a/b/*", ["a/b/c"], ["a/c/c", "a/b", "a/b/c/d"]],
    ["room", ["room"], ["room/1", "roo"]],
  ])("%s matches only topics below it", (like, yes, no) => {
    expect(yes.filter((topicId) => !matchesPattern(like, topicId))).toEqual([]);
    expect(no.filter((topicId) => matchesPattern(like, topicId))).toEqual([]);
  });

  const WRONG = [
    "*",
    "**",
    "/*",
    "/**",
    "room*",
    "room/*/x",
    "*/room",
    "room/***",
    "room/**/*",
    "a*b/*",
    "room/*\n",
  ];

  it.each(WRONG)("%j is refused when a token is minted, and when one is checked", async (wrong) => {
    expect(patternProblem(wrong)).toBeDefined();
    for (const rights of [{ topicId: wrong }, { topicId: "room", publish: [wrong] }]) {
      const error = await rejectionOf(mintTopicToken({ ...rights, secret, wildcards: true }));
      expect(error).toMatchObject({ code: "INVALID_TOPIC_ID" });
    }
    for (const claims of [{ topics: ["room", wrong] }, { publish: [wrong] }]) {
      const token = await forgeToken(topicClaims({ v: 2, ...claims }), secret);
      expect(await ask(token, "room")).toBe("TOKEN_INVALID");
    }
  });
});

describe("a token with wildcards", () => {
  it("allows a SUBSCRIBE and a PUBLISH each by its own patterns, and says so by its version", async () => {
    const token = await mintTopicToken({
      topicIds: ["room/*", "news"],
      publish: ["room/1/**"],
      secret,
      wildcards: true,
    });
    expect(await ask(token, "room/1")).toBe("allowed");
    expect(await ask(token, "news")).toBe("allowed");
    expect(await ask(token, "room/1/typing")).toBe("TOKEN_OF_OTHER_TOPIC");
    expect(await ask(token, "room/1/typing", "PUBLISH")).toBe("allowed");
    expect(await ask(token, "room/1", "PUBLISH")).toBe("TOKEN_OF_OTHER_TOPIC");
    expect(await ask(token, "room/2/typing", "PUBLISH")).toBe("TOKEN_OF_OTHER_TOPIC");
  });

  it("takes * for an ordinary character without them, as in every token before", async () => {
    const token = await mintTopicToken({ topicIds: ["room/*", "*"], secret });
    expect([await ask(token, "room/*"), await ask(token, "*")]).toEqual(["allowed", "allowed"]);
    expect(await ask(token, "room/1")).toBe("TOKEN_OF_OTHER_TOPIC");
    const first = await forgeToken(topicClaims({ v: 1, topics: ["room/*"] }), secret);
    expect([await ask(first, "room/*"), await ask(first, "room/1")]).toEqual([
      "allowed",
      "TOKEN_OF_OTHER_TOPIC",
    ]);
  });

  it.each([0, 3, "2", null, true, [2]])("is invalid with the unknown version %j", async (v) => {
    expect(await ask(await forgeToken(topicClaims({ v, topics: ["room"] }), secret), "room")).toBe(
      "TOKEN_INVALID",
    );
  });

  it.each(["$user/ada", "$members/room"])("never allows the reserved topic %s", async (topicId) => {
    const [prefix] = topicId.split("/");
    for (const named of [topicId, `${prefix}/*`, `${prefix}/**`]) {
      const minted = mintTopicToken({ topicId: named, secret, wildcards: true });
      expect(await rejectionOf(minted)).toMatchObject({ code: "INVALID_TOPIC_ID" });
      for (const v of [undefined, 2]) {
        const token = await forgeToken(topicClaims({ v, topics: [named], publish: [named] }), secret);
        expect(await ask(token, topicId)).not.toBe("allowed");
        expect(await ask(token, topicId, "PUBLISH")).not.toBe("allowed");
      }
    }
  });
});
