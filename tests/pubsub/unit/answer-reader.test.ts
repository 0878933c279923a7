import fc from "fast-check";
import { expect, it, onTestFinished } from "vitest";
import {
  createResponseReader,
  readResponse,
} from "../../../packages/pubsub/src/aws/transport/http-response.ts";

const CRLF = "\r\n";
const body = fc.oneof(
  fc.string({ unit: "binary-ascii", maxLength: 40 }),
  fc.array(fc.constantFrom(CRLF, "0", "HTTP/1.1 200 OK", "x"), { maxLength: 8 }).map((all) => all.join("")),
);
const chunked = fc.array(body, { maxLength: 4 }).map((pieces) => {
  const chunks = pieces.filter((piece) => piece !== "");
  const text = chunks.map((piece) => `${piece.length.toString(16)}${CRLF}${piece}${CRLF}`).join("");
  return `HTTP/1.1 200 OK${CRLF}transfer-encoding: chunked${CRLF}${CRLF}${text}0${CRLF}a: b${CRLF}${CRLF}`;
});
const bare = chunked.map((text) => text.replace(/a: b\r\n\r\n$/, CRLF));
const measured = body.map(
  (text) => `HTTP/1.1 200 OK${CRLF}content-length: ${text.length}${CRLF}${CRLF}${text}`,
);
const interim = fc.constantFrom("", "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 x\r\na: b\r\n\r\n");
const whole = fc.tuple(interim, fc.oneof(chunked, bare, measured)).map(([before, answer]) => before + answer);

/** Cuts the text into pieces that end at the given places. */
function pieces(text: string, ends: number[]): string[] {
  const at = [...new Set(ends.map((end) => end % text.length)), text.length].sort((a, b) => a - b);
  return at.map((end, index) => text.slice(at[index - 1] ?? 0, end)).filter((piece) => piece !== "");
}

it("returns the same response in pieces as for the whole text, once the last piece arrives", () => {
  fc.assert(
    fc.property(fc.array(whole, { minLength: 1, maxLength: 3 }), fc.array(fc.nat()), (texts, ends) => {
      const reader = createResponseReader();
      for (const text of texts) {
        const all = pieces(text, ends);
        const read = all.map((piece) => reader.read(piece));
        expect(read.pop()).toEqual(readResponse(text));
        expect(read).toEqual(read.map(() => "incomplete"));
      }
    }),
    { numRuns: 2_000 },
  );
});

it("reads a response that arrives character by character", () => {
  fc.assert(
    fc.property(whole, (text) => {
      const reader = createResponseReader();
      const read = [...text].map((character) => reader.read(character));
      expect(read.pop()).toEqual(readResponse(text));
      expect(read).toEqual(read.map(() => "incomplete"));
    }),
  );
});

it("reports bytes after a response as not reusable, and reports a response that is too long as a problem", () => {
  const head = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n";
  const reader = createResponseReader(60);
  expect([head, "ab", "cdX"].map((piece) => reader.read(piece))).toEqual([
    "incomplete",
    "incomplete",
    { status: 200, errorType: "", body: "abcd", reusable: false },
  ]);
  expect(createResponseReader(60).read(head.replace("4", "99"))).toEqual({
    problem: "a response of 99 bytes",
  });
  expect(createResponseReader(60).read("HTTP/1.1 200 OK\r\n".padEnd(61, "x"))).toEqual({
    problem: "a response that does not end",
  });
});

it("reads a response of many pieces only once, not again from the start with each piece", () => {
  const megabytes = 4;
  const piece = "x".repeat(256);
  const count = (megabytes * 1_048_576) / piece.length;
  const reader = createResponseReader(megabytes * 1_048_576 + 100);
  const { exec } = RegExp.prototype;
  let looks = 0;
  RegExp.prototype.exec = function (text) {
    looks += 1;
    return exec.call(this, text);
  };
  onTestFinished(() => {
    RegExp.prototype.exec = exec;
  });
  reader.read(`HTTP/1.1 200 OK\r\ncontent-length: ${count * piece.length}\r\n\r\n`);
  for (let index = 1; index < count; index++) expect(reader.read(piece) === "incomplete").toBe(true);
  expect(reader.read(piece)).toMatchObject({ status: 200 });
  // It searches at the head and at the end, regardless of how many pieces are in between
  expect(looks).toBeGreaterThan(0);
  expect(looks).toBeLessThan(20);
});
