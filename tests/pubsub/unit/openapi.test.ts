/** docs/openapi.json says what the source does. That every response fits it, the other tests of the handler check. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { PUBSUB_ERROR_CODES } from "../../../packages/pubsub/src/core/errors.ts";
import { EVENTS_PER_REQUEST_MAX } from "../../../packages/pubsub/src/handlers/http/body.ts";
import { EVENTS_PER_PAGE_MAX } from "../../../packages/pubsub/src/handlers/http/query.ts";
import { ROUTES } from "../../../packages/pubsub/src/handlers/http/route.ts";
import { repository } from "../../support/client-build.ts";
import { setUpHttp } from "../../support/http-requests.ts";
import { readSections } from "../../support/markdown-sections.ts";
import { assertDocumented, assertPublishable, openApi } from "../../support/openapi-document.ts";

const publish = openApi.paths["/topics/{id}/events"]?.post;
const schema = (name: string): Record<string, unknown> => openApi.components.schemas[name] as never;
const { properties } = schema("Error") as {
  properties: { error: { properties: { code: { enum: string[] } } } };
};
const codes = properties.error.properties.code.enum;

/** The parameter's own schema, by its name. */
const parameter = (name: string): object | undefined =>
  openApi.paths["/topics/{id}/events"]?.get?.parameters?.find((each) => each.name === name)?.schema;

describe("docs/openapi.json", () => {
  it("has the routes of the source, and no others", () => {
    const documented = Object.entries(openApi.paths).flatMap(([path, operations]) =>
      ["get", "put", "post", "delete", "patch"].flatMap((method) =>
        method in operations ? `${method} ${path}` : [],
      ),
    );
    const routes = Object.values(ROUTES).map(({ method, path }) => `${method.toLowerCase()} ${path}`);
    expect(documented.toSorted()).toEqual(routes.toSorted());
  });

  it("has the limits of the source", () => {
    expect(schema("EventList")).toMatchObject({ minItems: 1, maxItems: EVENTS_PER_REQUEST_MAX });
    expect(schema("EventPage")).toMatchObject({ properties: { events: { maxItems: EVENTS_PER_PAGE_MAX } } });
    expect(parameter("limit")).toMatchObject({ minimum: 1, maximum: EVENTS_PER_PAGE_MAX, default: 100 });
    expect(parameter("last")).toMatchObject({ minimum: 1, maximum: EVENTS_PER_PAGE_MAX });
  });

  it("has the package's version", () => {
    const manifest = JSON.parse(readFileSync(`${repository}packages/pubsub/package.json`, "utf8")) as object;
    expect(manifest).toMatchObject({
      version: (openApi as unknown as { info: { version: string } }).info.version,
    });
  });

  it("has error codes of the library, and four more, and docs/http.md has the same", () => {
    const own = codes.filter((code) => !(PUBSUB_ERROR_CODES as readonly string[]).includes(code));
    expect(own).toEqual(["NOT_FOUND", "METHOD_NOT_ALLOWED", "UNSUPPORTED_MEDIA_TYPE", "INTERNAL"]);
    const sections = readSections(readFileSync(`${repository}docs/http.md`, "utf8"));
    const rows = sections.find(({ heading }) => heading === "Errors")?.tables[0]?.rows ?? [];
    const described = rows.flatMap(([, cell = ""]) => cell.match(/[A-Z_]{5,}/g) ?? []);
    expect([...new Set(described)].toSorted()).toEqual(codes.toSorted());
  });

  it("has examples of requests that it allows and that the handler accepts", async () => {
    const examples = Object.values(publish?.requestBody?.content["application/json"]?.examples ?? {});
    expect(examples).toHaveLength(2);
    for (const { value } of examples) {
      assertPublishable(value);
      const { status } = await setUpHttp().request("POST", "/topics/r/events", { body: value });
      expect(status).toBe(200);
    }
    for (const wrong of [
      {},
      [],
      { data: 1, publicationID: "p" },
      [{ data: 1 }, 5],
      { data: 1, publicationId: 7 },
    ]) {
      expect(() => assertPublishable(wrong)).toThrow("requestBody");
      const { status } = await setUpHttp().request("POST", "/topics/r/events", { body: wrong });
      expect(status).toBe(400);
    }
  });
});

describe("the check of the responses", () => {
  const headers = { "content-type": "application/json" };
  const published = { topicId: "r", publicationId: "p", epoch: "0mi92k1xc", offset: 1, duplicate: false };
  const error = { code: "NOT_FOUND", message: "m", retryable: false };
  const post = { method: "POST", path: "/topics/{id}/events" };

  it("accepts a response of the document", () => {
    assertDocumented(post, { status: 200, headers, body: published });
    assertDocumented({ method: "GET", path: "/x" }, { status: 404, headers, body: { error } });
  });

  it.each([
    ["a field that the document does not have", { status: 200, headers, body: { ...published, also: 1 } }],
    ["a missing field", { status: 200, headers, body: { ...published, epoch: undefined } }],
    ["an offset of 0", { status: 200, headers, body: { ...published, offset: 0 } }],
    ["an error that only AWS returns", { status: 403, headers, body: { Message: "Forbidden" } }],
    ["an unknown code", { status: 404, headers, body: { error: { ...error, code: "GONE" } } }],
    ["a status that the request cannot have", { status: 409, headers, body: { error } }],
    ["a missing header", { status: 401, headers, body: { error: { ...error, code: "TOKEN_MISSING" } } }],
    ["another media type", { status: 200, headers: { "content-type": "text/plain" }, body: published }],
  ])("does not accept %s", (_, response) => {
    expect(() => assertDocumented(post, JSON.parse(JSON.stringify(response)))).toThrow();
  });
});
