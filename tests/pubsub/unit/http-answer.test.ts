import { expect, it } from "vitest";
import {
  MAX_RESPONSE_CHARACTERS,
  readResponse,
} from "../../../packages/pubsub/src/aws/transport/http-response.ts";

const http = (...lines: string[]): string => lines.join("\r\n");
const ok = { status: 200, errorType: "", body: "", reusable: true };

const answers: [string, string, Partial<typeof ok>][] = [
  [
    "a body with its length",
    http("HTTP/1.1 200 OK", "Content-Length: 5", "", "a\r\n\r\n"),
    { body: "a\r\n\r\n" },
  ],
  ["an empty body", http("HTTP/1.1 200 OK", "content-length: 0", "", ""), {}],
  ["a response without a reason phrase", http("HTTP/1.1 200 ", "content-length:0", "", ""), {}],
  [
    "a response without a reason phrase and the space before it",
    http("HTTP/1.1 200", "content-length:0", "", ""),
    {},
  ],
  [
    "header names in any case",
    http("HTTP/1.1 410 Gone", "CONTENT-lengTH: 1", "X-Amzn-ErrorType: Gone:", "", "x"),
    {
      status: 410,
      errorType: "Gone:",
      body: "x",
    },
  ],
  [
    "two error types, joined",
    http("HTTP/1.1 200 OK", "x-amzn-errortype: a", "content-length: 0", "x-amzn-errortype:b", "", ""),
    {
      errorType: "a, b",
    },
  ],
  [
    "a header whose name only ends in content-length",
    http("HTTP/1.1 200 OK", "x-content-length: 9", "content-length: 1", "", "x"),
    {
      body: "x",
    },
  ],
  [
    "a header whose value contains another header's name",
    http("HTTP/1.1 200 OK", "via: connection: close", "content-length: 1", "", "x"),
    {
      body: "x",
    },
  ],
  [
    "chunks",
    http("HTTP/1.1 200 OK", "Transfer-Encoding: Chunked", "", "3", "abc", "A", "0123456789", "0", "", ""),
    {
      body: "abc0123456789",
    },
  ],
  [
    "chunk extensions and trailers",
    http(
      "HTTP/1.1 200 OK",
      "transfer-encoding: chunked",
      "",
      '1 ;a="b";c',
      "x",
      "00;d",
      "t: u",
      "v: w",
      "",
      "",
    ),
    {
      body: "x",
    },
  ],
  [
    "line breaks in a chunk",
    http("HTTP/1.1 200 OK", "transfer-encoding: chunked", "", "4", "\r\n\r\n", "0", "", ""),
    {
      body: "\r\n\r\n",
    },
  ],
  [
    "the body so far if there is no length, and does not reuse the connection",
    http("HTTP/1.1 200 OK", "", "so far"),
    {
      body: "so far",
      reusable: false,
    },
  ],
  ["a 204", http("HTTP/1.1 204 No Content", "", ""), { status: 204 }],
  [
    "a response after interim responses",
    http(
      "HTTP/1.1 100 Continue",
      "",
      "HTTP/1.1 103 Early Hints",
      "link: x",
      "content-length: 7",
      "",
      "HTTP/1.1 200 OK",
      "content-length: 0",
      "",
      "",
    ),
    {},
  ],
  ["HTTP/1.0", http("HTTP/1.0 200 OK", "content-length: 1", "", "x"), { body: "x", reusable: false }],
  [
    "connection: close",
    http("HTTP/1.1 200 OK", "Connection: Close", "content-length: 1", "", "x"),
    {
      body: "x",
      reusable: false,
    },
  ],
  [
    "connection: keep-alive",
    http("HTTP/1.1 200 OK", "connection: keep-alive", "content-length: 0", "", ""),
    {},
  ],
  [
    "a response with both a length and chunks",
    http("HTTP/1.1 200 OK", "content-length: 3", "transfer-encoding: chunked", "", "1", "x", "0", "", ""),
    {
      body: "x",
      reusable: false,
    },
  ],
  [
    "bytes after a body",
    http("HTTP/1.1 200 OK", "content-length: 1", "", "xHTTP/1.1 200 OK"),
    {
      body: "x",
      reusable: false,
    },
  ],
  [
    "bytes after the last chunk",
    http("HTTP/1.1 200 OK", "transfer-encoding: chunked", "", "0", "", "y"),
    { reusable: false },
  ],
  ["bytes after a 204", http("HTTP/1.1 204 No Content", "", "y"), { status: 204, reusable: false }],
];

it.each(answers)("reads %s", (_, text, expected) => {
  expect(readResponse(text)).toEqual({ ...ok, ...expected });
});

it.each([
  ["text that is not HTTP", "220 mail.invalid ESMTP\r\n"],
  ["HTTP/2", "PRI * HTTP/2.0\r\n\r\n"],
  ["a request", "POST / HTTP/1.1\r\n\r\n"],
  ["a two-digit status", http("HTTP/1.1 20 OK", "", "")],
  ["a status below 100", http("HTTP/1.1 099 OK", "", "")],
  ["a four-digit status", http("HTTP/1.1 2000 OK", "", "")],
  ["two content-lengths", http("HTTP/1.1 200 OK", "content-length: 1", "content-length: 2", "", "xy")],
  ["a negative length", http("HTTP/1.1 200 OK", "content-length: -1", "", "")],
  ["an empty length", http("HTTP/1.1 200 OK", "content-length:", "", "")],
  ["a length in another base", http("HTTP/1.1 200 OK", "content-length: 0x1", "", "x")],
  [
    "a transfer coding that the request did not ask for",
    http("HTTP/1.1 200 OK", "transfer-encoding: gzip, chunked", "", "0", "", ""),
  ],
  ["a chunk without a size", http("HTTP/1.1 200 OK", "transfer-encoding: chunked", "", "x", "", "")],
  [
    "a chunk longer than its size",
    http("HTTP/1.1 200 OK", "transfer-encoding: chunked", "", "1", "xyz", "0", "", ""),
  ],
])("rejects %s", (_, text) => {
  expect(readResponse(text)).toEqual({ problem: expect.stringMatching(/\w/) });
});

it("quotes a rejected value in the problem, and shortens a long one", () => {
  const problem = readResponse(http("HTTP/1.1 200 OK", `content-length: ${"9".repeat(5_000)}`, "", ""));
  expect(JSON.stringify(problem).length).toBeLessThan(100);
});

it("reads a response of 65,000 characters, which is within the limit", () => {
  const head = http("HTTP/1.1 200 OK", "content-length: 65000", "", "");
  const body = "x".repeat(65_000);
  expect(readResponse(head + body)).toEqual({ ...ok, body });
});

it.each([
  [
    "its content-length exceeds the limit",
    http("HTTP/1.1 200 OK", `content-length: ${MAX_RESPONSE_CHARACTERS}`, "", ""),
  ],
  [
    "the size of a chunk exceeds the limit",
    http("HTTP/1.1 200 OK", "transfer-encoding: chunked", "", "ffffffff", ""),
  ],
  [
    "its head exceeds the limit without an end",
    `HTTP/1.1 200 OK\r\nx: ${"x".repeat(MAX_RESPONSE_CHARACTERS)}`,
  ],
])("rejects a response over the limit as soon as %s", (_, text) => {
  expect(readResponse(text)).toEqual({ problem: expect.any(String) });
});

// It used to wait for a body of the length in `content-length`, which never comes
it("reads a 204 or 304 with a content-length without waiting for a body", () => {
  for (const status of [204, 304]) {
    const text = http(`HTTP/1.1 ${status} x`, "content-length: 5", "", "");
    expect(readResponse(text)).toEqual({ ...ok, status });
  }
});

// After `connection: keep-alive, close`, the next request used to go out on a connection that was closing
it("finds `close` in a list of connection options, and does not reuse the connection", () => {
  for (const lines of [["connection: keep-alive, close"], ["connection: keep-alive", "connection: close"]]) {
    const text = http("HTTP/1.1 200 OK", ...lines, "content-length: 0", "", "");
    expect(readResponse(text)).toEqual({ ...ok, reusable: false });
  }
});

// It used to call itself for each interim response, until the stack was full
it("reads 4,000 interim responses without exhausting the stack", () => {
  const interim = http("HTTP/1.1 100", "", "").repeat(4_000);
  const callsToTheEnd = (): number => {
    try {
      return callsToTheEnd() + 1;
    } catch {
      return 1;
    }
  };
  const after = (calls: number): unknown =>
    calls > 0 ? after(calls - 1) : readResponse(`${interim}HTTP/1.1 204\r\n\r\n`);
  expect(readResponse(interim)).toBe("incomplete");
  expect(after(Math.floor(callsToTheEnd() / 2))).toEqual({ ...ok, status: 204 });
});
