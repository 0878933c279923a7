import { describe, expect, it } from "vitest";
import { letterLines, listLine, withoutPayload } from "../../../packages/cli/src/dlq/letter-text.ts";
import type { MalformedDeadLetter } from "../../../packages/pubsub/src/core/dead-letters/dead-letter.ts";

const letter: MalformedDeadLetter = {
  id: "letter-1",
  code: "INVALID_MESSAGE",
  reason: "not JSON",
  attempts: 1,
  malformed: true,
  body: "",
};

describe("the text of a dead letter", () => {
  it("shows the time of a letter if the queue gave one", () => {
    const sent = { ...letter, sentAt: 1_795_458_133_462 };
    expect(listLine(sent)).toMatch(/^letter-1 +2026-11-23T18:22:13Z {2}INVALID_MESSAGE/);
    expect(letterLines(sent, [])).toContain("sent         2026-11-23T18:22:13Z");
    expect(withoutPayload(sent)).toHaveProperty("sentAt", 1_795_458_133_462);
  });

  it("shows a dash if the queue gave no time, and leaves sentAt out of the JSON", () => {
    expect(listLine(letter)).toMatch(/^letter-1 +- +INVALID_MESSAGE/);
    expect(letterLines(letter, [])).toContain("sent         -");
    expect(withoutPayload(letter)).not.toHaveProperty("sentAt");
  });
});
