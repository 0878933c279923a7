import fc from "fast-check";
import { expect, it } from "vitest";
import { type Endpoint, endpointOfRequest } from "../../../packages/pubsub/src/aws/transport/endpoints.ts";

const at = (changes: Partial<Endpoint>): Endpoint => ({
  secure: true,
  hostname: "a.example",
  port: 443,
  host: "a.example",
  path: "/",
  ...changes,
});

it.each<[Parameters<typeof endpointOfRequest>[0], Endpoint]>([
  [{ protocol: "https:", hostname: "a.example", path: "/" }, at({})],
  [{ protocol: "https:", hostname: "a.example", port: 443, path: "/" }, at({})],
  [{ protocol: "https:", hostname: "a.example", path: "/", query: {} }, at({})],
  [
    { protocol: "https:", hostname: "a.example", port: 80, path: "/" },
    at({ port: 80, host: "a.example:80" }),
  ],
  [{ protocol: "http:", hostname: "a.example", path: "/" }, at({ secure: false, port: 80 })],
  [
    { protocol: "http:", hostname: "a.example", port: 8000, path: "/b/" },
    at({ secure: false, port: 8000, host: "a.example:8000", path: "/b/" }),
  ],
  [
    { protocol: "https:", hostname: "[2001:db8::1]", port: 8443, path: "/" },
    at({ hostname: "2001:db8::1", port: 8443, host: "[2001:db8::1]:8443" }),
  ],
  [
    { protocol: "https:", hostname: "a", path: "/b.c/d-e/_" },
    at({ hostname: "a", host: "a", path: "/b.c/d-e/_" }),
  ],
])("returns the endpoint of the request %j", (request, endpoint) => {
  expect(endpointOfRequest(request)).toEqual(endpoint);
});

it.each([
  ["protocol", "ws:"],
  ["protocol", "https"],
  ["hostname", ""],
  ["hostname", "a b"],
  ["hostname", "a\r\nx: 1"],
  ["hostname", "a/b"],
  ["hostname", "a@b"],
  ["path", ""],
  ["path", "a"],
  ["path", "//"],
  ["path", "/a//b"],
  ["path", "/./"],
  ["path", "/a/.."],
  ["path", "/%20"],
  ["path", "/a?b"],
  ["path", "/a b"],
  ["path", "/a\r\nx: 1"],
  ["query", { a: "b" }],
])("returns undefined for a request with the %s %j", (name, value) => {
  const request = { protocol: "https:", hostname: "a.example", path: "/", query: {} };
  expect(endpointOfRequest(request)).toBeDefined();
  expect(endpointOfRequest({ ...request, [name]: value })).toBe(undefined);
});

it("returns undefined for a very long invalid path without taking longer", () => {
  fc.assert(
    fc.property(fc.constantFrom("a", "a/", "a.", "-", "a-/"), (part) => {
      const path = `/${part.repeat(20_000)}%`;
      expect(endpointOfRequest({ protocol: "https:", hostname: "a.example", path })).toBe(undefined);
    }),
    { numRuns: 5 },
  );
});
