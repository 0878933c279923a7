import type { DeadLetter } from "lambda-websocket-pubsub";
import { describe, expect, it } from "vitest";
import type { Choice } from "../../packages/cli/src/dlq/choice.ts";
import { matches } from "../../packages/cli/src/dlq/matches.ts";

describe("matches()", () => {
  const described = { id: "id", reason: "500", attempts: 8, sentAt: 0 };
  const abandoned = (topicId: string): DeadLetter => ({
    ...described,
    code: "DELIVERY_ABANDONED",
    malformed: false,
    topicId,
    epoch: "e",
    offsets: [1],
    consumers: [],
  });
  const moved: DeadLetter = { ...abandoned("room 1"), code: "MAX_RECEIVES" };
  const malformed: DeadLetter = { ...described, code: "INVALID_MESSAGE", malformed: true, body: "" };
  const letters = [abandoned("room 1"), abandoned("room 2"), moved, malformed];

  it.each<[Choice, number[]]>([
    [{}, [0, 1, 2, 3]],
    [{ topic: "room 1" }, [0, 2]],
    [{ code: "DELIVERY_ABANDONED" }, [0, 1]],
    [{ code: "INVALID_MESSAGE" }, [3]],
    [{ code: "DELIVERY_ABANDONED", topic: "room 2" }, [1]],
    [{ topic: "room" }, []],
  ])("chooses for %j the letters %j", (choice, expected) => {
    expect(letters.flatMap((letter, n) => (matches(letter, choice) ? [n] : []))).toEqual(expected);
  });
});
