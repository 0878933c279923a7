import { describe, expect, it } from "vitest";
import { createRequestParser, RequestError } from "./request-parser.ts";

/** Feeds the chunks to a new parser. Returns the paths and bodies that it has read, as text. */
function read(chunks: readonly (string | Buffer)[]): [path: string, body: string][] {
  const requests: [string, string][] = [];
  const parse = createRequestParser(({ path, body }) => requests.push([path, body.toString()]));
  for (const chunk of chunks) parse(Buffer.from(chunk));
  return requests;
}

const request = (id: string, body: string, lengthHeader: string = "content-length"): string =>
  `POST /$default/%40connections/${id} HTTP/1.1\r\nhost: localhost\r\n${lengthHeader}: ${Buffer.byteLength(body)}\r\nx-amz-date: 20261123T000000Z\r\n\r\n${body}`;

const path = (id: string): string => `/$default/%40connections/${id}`;

describe("createRequestParser", () => {
  it("reads requests that are cut into two chunks at any byte", () => {
    const bytes = Buffer.from(request("a%3D", "naïve\r\n\r\nbody") + request("b%3D", "second"));
    for (let cut = 0; cut <= bytes.length; cut++) {
      expect(read([bytes.subarray(0, cut), bytes.subarray(cut)]), `cut at ${cut}`).toEqual([
        [path("a%3D"), "naïve\r\n\r\nbody"],
        [path("b%3D"), "second"],
      ]);
    }
  });

  it("reads requests that arrive byte by byte", () => {
    const bytes = Buffer.from(request("a", "one") + request("b", "") + request("c", "three"));
    const chunks = Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
    expect(read(chunks)).toEqual([
      [path("a"), "one"],
      [path("b"), ""],
      [path("c"), "three"],
    ]);
  });

  it("reads several requests from one chunk", () => {
    expect(read([["a", "b", "c"].map((id) => request(id, id)).join("")])).toHaveLength(3);
  });

  it("reads a content-length header in any case and position", () => {
    expect(read([request("a", "hello", "Content-Length")])).toEqual([[path("a"), "hello"]]);
    expect(read(["POST /x HTTP/1.1\r\nCONTENT-LENGTH:2\r\n\r\nhi"])).toEqual([["/x", "hi"]]);
  });

  it("reads a body that is larger than a chunk", () => {
    const body = "x".repeat(131_072);
    const bytes = Buffer.from(request("a", body) + request("b", "next"));
    const chunks = Array.from({ length: Math.ceil(bytes.length / 16_384) }, (_, index) =>
      bytes.subarray(index * 16_384, (index + 1) * 16_384),
    );
    expect(read(chunks)).toEqual([
      [path("a"), body],
      [path("b"), "next"],
    ]);
  });
});

describe("createRequestParser with an invalid request", () => {
  it.each([
    ["another method", "GET /x HTTP/1.1\r\ncontent-length: 0\r\n\r\n"],
    ["no length", "POST /x HTTP/1.1\r\nhost: localhost\r\n\r\n"],
    ["an invalid length", "POST /x HTTP/1.1\r\ncontent-length: many\r\n\r\n"],
    ["a length in another header's name", "POST /x HTTP/1.1\r\nx-content-length: 3\r\n\r\nabc"],
    ["chunked encoding", "POST /x HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"],
    ["a head without an end", "x".repeat(20_000)],
  ])("throws RequestError for %s", (_, text) => {
    expect(() => read([text])).toThrow(RequestError);
  });
});
