import fc from "fast-check";
import { corpus } from "../corpus.ts";
import { awkwardName, awkwardText } from "./awkward.ts";
import { headerMutations, mutated } from "./mutated.ts";

/** A request that is signed before it is sent. The gateway processes only signed requests further. */
export interface SignedRequest {
  method: string;
  /** The path in the request line. */
  path: string;
  body: string;
  /** Headers in addition to those that the signature needs. They are signed, too. */
  headers: [string, string][];
}

export interface GatewayInput {
  /** The bytes as latin1. */
  raw?: string;
  signed?: SignedRequest;
}

const recorded = corpus.http.map((base64) => Buffer.from(base64, "base64").toString("latin1"));

/** Chunked, pipelined and incomplete requests, and requests with two lengths. The recording has none of them. */
const special = [
  "POST /$default/@connections/a%3D HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
  "POST /$default/@connections/a%3D HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nffffffff\r\nhello",
  "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello!",
  "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n",
  "GET / HTTP/1.1\r\nhost: a\r\n\r\nGET /$default/@connections/b%3D HTTP/1.1\r\nhost: a\r\n\r\n",
  "POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\nhi",
  "CONNECT a:1 HTTP/1.1\r\nhost: a\r\n\r\n",
  "OPTIONS * HTTP/1.1\r\nhost: a\r\n\r\n",
  "GET http://a.example/$default HTTP/1.0\r\n\r\n",
  "GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\nPRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  `GET / HTTP/1.1\r\nhost: a\r\nx: ${"x".repeat(20_000)}\r\n\r\n`,
];
/** Frames after a handshake: a text, reserved bits, an unmasked text, a ping, and a frame that is too long. */
const frames = [
  "\x81\x85abcd\x09\x07\x0f\x08\x0e",
  "\xf1\x80abcd",
  "\x81\x05hello",
  "\x89\x80abcd",
  "\x81\xff\x7f\xff\xff\xff",
];
const handshake = recorded.find((request) => request.startsWith("GET / ")) ?? "";
const afterHandshake = fc
  .array(fc.oneof(fc.constantFrom(...frames), fc.string({ maxLength: 30 })), { maxLength: 4 })
  .map((parts) => handshake + parts.join(""));

const raw = fc.oneof(
  { weight: 5, arbitrary: mutated([...recorded, ...special], headerMutations) },
  { weight: 2, arbitrary: fc.constantFrom(...recorded, ...special) },
  { weight: 2, arbitrary: afterHandshake },
  { weight: 1, arbitrary: awkwardText },
);

const encoded = awkwardText.map((text) => encodeURIComponent(text.slice(0, 300).toWellFormed()));
/** Keeps only the characters that a request line and a header can contain. Raw inputs contain the others. */
const keepVisible = (text: string): string => text.replace(/[^\x21-\x7e]/g, "").slice(0, 300);
const path = fc.oneof(
  encoded.map((id) => `/$default/@connections/${id}`),
  fc
    .tuple(awkwardText, encoded)
    .map(([stage, id]) => `/${keepVisible(stage)}/%40connections/${id}?${id}=${keepVisible(stage)}`),
  fc.constantFrom(
    "/$default/@connections/a%3D",
    "/$default//@connections/a=",
    "/",
    "//",
    "/%",
    "/?",
    "/$default/%",
  ),
);
const header = fc.tuple(
  fc.oneof(
    fc.constantFrom("constructor", "__proto__", "valueof", "x-amz-content-sha256", "x-amz-security-token"),
    awkwardName,
  ),
  awkwardText.map((text) => keepVisible(text)),
);
const signed = fc.record({
  method: fc.constantFrom("POST", "POST", "GET", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS"),
  path,
  body: awkwardText,
  headers: fc.array(
    header.map(([name, value]): [string, string] => [name.replace(/[^\w-]/g, "") || "x", value]),
    { maxLength: 2 },
  ),
});

export const gatewayInputs: fc.Arbitrary<GatewayInput> = fc.oneof(
  { weight: 7, arbitrary: raw.map((bytes) => ({ raw: bytes })) },
  { weight: 3, arbitrary: signed.map((request) => ({ signed: request })) },
);
