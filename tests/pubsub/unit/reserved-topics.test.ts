import { describe, expect, it } from "vitest";
import {
  isMembersTopic,
  membersTopic,
  reservedPrefix,
  reservedProblem,
  topicOfMembers,
  userTopic,
} from "../../../packages/pubsub/src/core/reserved-topics.ts";

describe("a reserved topic", () => {
  it("is named after its user or its topic, whatever characters that has", () => {
    expect(userTopic("a/b#$user/")).toBe("$user/a/b#$user/");
    expect(membersTopic("room/1")).toBe("$members/room/1");
    expect(topicOfMembers(membersTopic("$members/x"))).toBe("$members/x");
  });

  it.each([
    ["$user/7", "$user/"],
    ["$user/", "$user/"],
    ["$members/room", "$members/"],
  ])("%s has the prefix %s, and the problem names it", (topicId, prefix) => {
    expect(reservedPrefix(topicId)).toBe(prefix);
    expect(reservedProblem(topicId)).toBe(`topicId must not begin with ${prefix}, which is reserved`);
  });

  it.each(["user/7", "$user", "$users/7", "$USER/7", " $user/7", "$", "", "x$user/7", "$member/room"])(
    "is not %j",
    (topicId) => {
      expect(reservedPrefix(topicId)).toBeUndefined();
      expect(reservedProblem(topicId)).toBeUndefined();
      expect(topicOfMembers(topicId)).toBeUndefined();
    },
  );

  it("is about members only with the prefix for it", () => {
    expect([isMembersTopic("$members/r"), isMembersTopic("$user/r")]).toEqual([true, false]);
    expect(topicOfMembers("$user/r")).toBeUndefined();
  });
});
