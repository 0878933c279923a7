import fc from "fast-check";
import { expect, it } from "vitest";
import { type HttpResponse, readResponse } from "../../../packages/pubsub/src/aws/transport/http-response.ts";

const CRLF = "\r\n";
const latin1 = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString("latin1"));
/** Bodies that look like the HTTP syntax around them. */
const body = fc.oneof(
  latin1,
  fc
    .array(fc.constantFrom(CRLF, "0", "HTTP/1.1 200 OK", "content-length: 3", "\n", "\r", "x"), {
      maxLength: 12,
    })
    .map((parts) => parts.join("")),
);
const word = fc.stringMatching(/^[a-z]{1,8}$/);
const headerLine = (name: string, value: string): fc.Arbitrary<string> =>
  fc
    .tuple(fc.mixedCase(fc.constant(name)), fc.constantFrom("", " ", "\t ", "  "), fc.constantFrom("", " "))
    .map(([written, before, after]) => `${written}:${before}${value}${after}`);
const others = fc.array(
  word.chain((name) => headerLine(`x-${name}`, "content-length: 9, connection: close")),
  { maxLength: 3 },
);
const extension = fc.constantFrom("", ";a", ' ; a="b"', ";a=b;c");

/** The same body in chunks, each with its size before it. */
const chunked = (text: string): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.array(fc.nat(text.length), { maxLength: 4 }),
      fc.array(extension, { minLength: 6, maxLength: 6 }),
      fc.array(
        word.map((name) => `${name}: ${name}${CRLF}`),
        { maxLength: 2 },
      ),
    )
    .map(([cuts, extensions, trailers]) => {
      const ends = [...new Set([...cuts, text.length])].sort((a, b) => a - b).filter((end) => end > 0);
      const pieces = ends.map((end, index) => text.slice(ends[index - 1] ?? 0, end));
      const chunks = pieces.map(
        (piece, index) => `${piece.length.toString(16)}${extensions[index]}${CRLF}${piece}${CRLF}`,
      );
      return `${chunks.join("")}0${extensions[5]}${CRLF}${trailers.join("")}${CRLF}`;
    });

interface Valid {
  text: string;
  answer: HttpResponse;
}

/** A complete response with a length or in chunks, and the result that it must be read as. */
const valid: fc.Arbitrary<Valid & { alternative: string }> = fc
  .record({
    status: fc.integer({ min: 200, max: 599 }).filter((status) => status !== 204 && status !== 304),
    version: fc.constantFrom("1.0", "1.1"),
    closing: fc.option(fc.constantFrom("close", "keep-alive"), { nil: undefined }),
    errorType: fc.option(word, { nil: undefined }),
    interim: fc.array(fc.constantFrom("HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 x\r\na: b\r\n\r\n"), {
      maxLength: 2,
    }),
    body,
  })
  .chain((parts) => {
    const { status, version, closing, errorType, interim } = parts;
    const optional = [
      ...(closing === undefined ? [] : [headerLine("connection", closing)]),
      ...(errorType === undefined ? [] : [headerLine("x-amzn-errortype", errorType)]),
    ];
    return fc
      .record({
        lines: fc.tuple(others, ...optional).chain(([some, ...rest]) => shuffled([...some, ...rest])),
        length: headerLine("content-length", String(parts.body.length)),
        coding: headerLine("transfer-encoding", "chunked"),
        chunks: chunked(parts.body),
      })
      .map(({ lines, length, coding, chunks }) => {
        const head = (framing: string): string =>
          `${interim.join("")}HTTP/${version} ${status} x${CRLF}${[...lines, framing].join(CRLF)}${CRLF}${CRLF}`;
        return {
          text: head(length) + parts.body,
          alternative: head(coding) + chunks,
          answer: {
            status,
            errorType: errorType ?? "",
            body: parts.body,
            reusable: version === "1.1" && closing !== "close",
          },
        };
      });
  });

function shuffled(lines: string[]): fc.Arbitrary<string[]> {
  return fc.shuffledSubarray(lines, { minLength: lines.length });
}

it("returns `incomplete` for every beginning of a response, and reads the complete response", () => {
  fc.assert(
    fc.property(valid, fc.boolean(), ({ text, alternative, answer }, asChunks) => {
      const whole = asChunks ? alternative : text;
      for (let length = 0; length < whole.length; length++) {
        expect(readResponse(whole.slice(0, length))).toBe("incomplete");
      }
      expect(readResponse(whole)).toEqual(answer);
    }),
  );
});

it("reads the same response from chunks as with a length", () => {
  fc.assert(
    fc.property(valid, ({ text, alternative }) => {
      expect(readResponse(alternative)).toEqual(readResponse(text));
    }),
    { numRuns: 1_000 },
  );
});

it("reads the same response if other bytes follow it, and does not reuse the connection", () => {
  fc.assert(
    fc.property(valid, fc.boolean(), latin1, ({ text, alternative, answer }, asChunks, surplus) => {
      fc.pre(surplus !== "");
      expect(readResponse((asChunks ? alternative : text) + surplus)).toEqual({ ...answer, reusable: false });
    }),
    { numRuns: 1_000 },
  );
});

/** Text that is almost HTTP, so that the parser reads far into it. */
const nearlyHttp = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "HTTP/1.1 200 OK",
        "HTTP/1.1 100",
        CRLF,
        CRLF + CRLF,
        "content-length: ",
        "5",
        "0",
        ";",
      ),
      fc.constantFrom("transfer-encoding: chunked", "connection: close", ": ", "\n", "\0", "ffffffff"),
      latin1,
    ),
    { maxLength: 14 },
  )
  .map((parts) => `HTTP/1.1 200${parts.join("")}`);

it("returns one of three results for any text and never throws", () => {
  fc.assert(
    fc.property(fc.oneof(latin1, nearlyHttp, fc.string({ unit: "binary" })), (text) => {
      const read = readResponse(text);
      if (read === "incomplete") return;
      if ("problem" in read) expect(read.problem).toMatch(/\w/);
      else expect(read).toMatchObject({ status: expect.any(Number), body: expect.any(String) });
    }),
    { numRuns: 5_000 },
  );
});
