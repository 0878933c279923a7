/** The ranges, defaults and error codes in docs/api.md are those that the library applies. */
import { readFileSync } from "node:fs";
import { PUBSUB_ERROR_CODES } from "lambda-websocket-pubsub";
import { describe, expect, it } from "vitest";
import {
  chapterOf,
  everyExport,
  firstName,
  PACKAGE,
  type PackageExport,
  rowsOf,
  sectionOf,
  withOptions,
} from "../../support/api-document.ts";
import { repository } from "../../support/client-build.ts";
import { namesIn, readSections } from "../../support/markdown-sections.ts";

type Arguments = Record<string, unknown>;
type Call = (options: Arguments) => unknown;

const VALID: Arguments = {
  config: {
    dynamodbTableName: "pubsub",
    fanoutQueueUrl: "https://sqs.eu-west-1.amazonaws.com/1/fanout",
  },
  consumer: { domainName: "abc.example.com", stage: "prod", connectionId: "L0SM9cOFvHcCIhw=" },
  topicId: "room-1",
  userId: "user-7",
  epoch: "0mwtluioy",
  offset: 1,
  data: "hello",
  shards: 2,
  secret: "a secret of 32 bytes and somewhat more",
  authorize: () => true,
};

/** Options that are not marked as required. A call must have one of them. */
const ONE_OF: Record<string, readonly string[]> = {
  mintTopicToken: ["topicId", "secret"],
  revoke: ["consumer"],
  disconnect: ["consumer"],
};

const INVALID: Record<string, unknown> = {
  number: -1,
  string: "",
  TopicTokenSecret: "short",
  unknown: "x".repeat(200_000),
};

interface Limited {
  found: PackageExport;
  name: string;
  option: string;
  type: string;
  range: string;
}

const limited: Limited[] = withOptions.flatMap((found) =>
  rowsOf(sectionOf(found), "option")
    .map((row) => ({ found, name: found.name, option: firstName(row), range: row[3] ?? "" }))
    .filter(({ range }) => /\d/.test(range))
    .map((each) => ({ ...each, type: found.fields.find(({ name }) => name === each.option)?.type ?? "" })),
);

/** The library's statement of what the option must be. */
async function expectationOf({ found, option, type }: Limited): Promise<string> {
  const needed = found.fields.filter(({ optional }) => !optional).map(({ name }) => name);
  const given = [...needed, ...(ONE_OF[found.name] ?? [])].map((name) => [name, VALID[name]]);
  const options: Arguments = { ...Object.fromEntries(given), [option]: INVALID[type] };
  const isConfig = found.name === "PubsubConfig";
  const config = { ...(VALID.config as Arguments), [option]: INVALID[type] };
  const call = isConfig ? await functionOf(`${PACKAGE}/handlers`, "createWebsocketHandler") : undefined;
  try {
    const result = call
      ? call({ config, authorize: VALID.authorize })
      : (await functionOf(found.subpath, found.name))(options);
    await (isIterator(result) ? result.next() : result);
  } catch (error) {
    const { message } = error as Error;
    expect(message).toContain(option);
    return message.split("; got")[0] ?? "";
  }
  throw new Error(`${found.name} accepts ${option}: ${String(INVALID[type]).slice(0, 20)}`);
}

async function functionOf(subpath: string, name: string): Promise<Call> {
  const module = (await import(subpath)) as Record<string, Call>;
  const found = module[name];
  if (!found) throw new Error(`${subpath} has no ${name}`);
  return found;
}

const isIterator = (value: unknown): value is AsyncIterator<unknown> =>
  typeof value === "object" && value !== null && Symbol.asyncIterator in value;

const KB = 1_024;

const numbersIn = (text: string): number[] =>
  [...text.replaceAll("UTF-8", "").matchAll(/(\d[\d,]*)( KB)?/g)]
    .map(([, digits = "", kb]) => Number(digits.replaceAll(",", "")) * (kb ? KB : 1))
    .toSorted((a, b) => a - b);

/** The paragraph of a section that says how the call fails. */
const errorsIn = (text: string): string[] =>
  namesIn(/^Errors: .*?(?=\n\n|$(?![\s\S]))/ms.exec(text)?.[0] ?? "");

const isCode = (name: string): boolean => (PUBSUB_ERROR_CODES as readonly string[]).includes(name);

describe("the options in docs/api.md", () => {
  it.each(limited)(
    "states the range of $option of $name as the library enforces it: $range",
    async (each) => {
      expect(numbersIn(each.range)).toEqual(numbersIn(await expectationOf(each)));
    },
  );

  const defaults = withOptions.flatMap((found) =>
    found.fields.map((field) => ({
      found,
      name: found.name,
      option: field.name,
      standard: /\bDefault:? (\d[\d,]*(?:\.\d+)?)/.exec(field.comment)?.[1],
    })),
  );
  it.each(defaults.filter(({ standard }) => standard !== undefined))(
    "gives $option of $name the default that the source gives it: $standard",
    ({ found, option, standard }) => {
      const row = rowsOf(sectionOf(found), "option").find((each) => firstName(each) === option);
      expect(row?.[2]).toBe(standard);
    },
  );
});

describe("the errors in docs/api.md", () => {
  const codes = chapterOf(PACKAGE).flatMap((section) => rowsOf(section, "code"));

  it("lists each error code of the library, and no other", () => {
    expect(codes.map(firstName)).toEqual(PUBSUB_ERROR_CODES);
  });

  it("agrees with docs/errors.md on what is retryable", () => {
    const page = readSections(readFileSync(`${repository}docs/errors.md`, "utf8"));
    const retryable = new Map(
      page
        .flatMap((section) => rowsOf(section, "code"))
        .flatMap(([names = "", value]) => namesIn(names).map((code) => [code, value] as const)),
    );
    expect(new Map(codes.map((row) => [firstName(row), row[1]]))).toEqual(retryable);
  });

  const calls = everyExport
    .filter((found) => found.kind === "function" && withOptions.includes(found))
    .map((found) => ({ name: found.name, comment: found.comment, text: sectionOf(found)?.text ?? "" }));

  it.each(calls)("states how $name fails", ({ text }) => {
    expect(errorsIn(text).filter(isCode)).not.toEqual([]);
  });

  it.each(calls)("names each error code that the comment of $name names", ({ text, comment }) => {
    const missing = namesIn(comment).filter((name) => isCode(name) && !namesIn(text).includes(name));
    expect(missing).toEqual([]);
  });

  it.each(calls)("names only error codes of the library in the section of $name", ({ text }) => {
    const named = errorsIn(text).filter((name) => /^[A-Z]+(_[A-Z]+)+$/.test(name));
    expect(named.filter((name) => !isCode(name))).toEqual([]);
  });
});
