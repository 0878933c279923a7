import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeFanoutMessage } from "../../../packages/pubsub/src/core/fanout/decode-message.ts";
import { inlineEvents } from "../../../packages/pubsub/src/core/fanout/inline-events.ts";
import {
  encodeFanoutMessage,
  type FanoutMessage,
  type PendingConsumer,
} from "../../../packages/pubsub/src/core/fanout/message.ts";
import { idProblem } from "../../../packages/pubsub/src/core/ids.ts";
import { nextEpoch } from "../../../packages/pubsub/src/core/log/epoch.ts";
import { numberOfRuns } from "../../support/number-of-runs.ts";
import { consumerOf, storedEvent } from "../../support/samples.ts";

const id = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 20 })
  .filter((value) => !idProblem("id", value));
const name = id.filter((value) => !value.includes("/"));
const nonce = fc.option(fc.stringMatching(/^[\w.-]{7,64}$/), { nil: undefined });
const offset = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });

const messages: fc.Arbitrary<FanoutMessage> = fc
  .record({
    topicId: id,
    epoch: fc.nat().map((ms) => nextEpoch(ms, undefined)),
    offsets: fc
      .uniqueArray(offset, { minLength: 1, maxLength: 40 })
      .map((some) => some.sort((a, b) => a - b)),
    inline: fc.boolean(),
    data: fc.jsonValue(),
    page: fc.option(
      fc.record({ page: offset, cursor: fc.option(fc.string({ minLength: 1 }), { nil: undefined }) }),
      {
        nil: undefined,
      },
    ),
    attempt: fc.integer({ min: 1, max: 20 }),
    people: fc.array(
      fc.record({
        domainName: name,
        stage: name,
        connectionId: id,
        data: fc.boolean(),
        at: fc.nat(),
        nonce,
        end: fc.option(fc.nat(), { nil: undefined }),
      }),
      {
        minLength: 1,
        maxLength: 20,
      },
    ),
  })
  .map(({ topicId, epoch, offsets, inline, data, page, attempt, people }): FanoutMessage => {
    const verbatim = typeof data === "string";
    const events = offsets.map((at) =>
      storedEvent(at, { json: JSON.stringify(data), verbatim, publicationId: topicId }),
    );
    const echoes = people.slice(0, 3).map(({ domainName, stage, connectionId, at }) => ({
      offset: offsets[at % offsets.length] ?? 0,
      consumer: { domainName, stage, connectionId },
    }));
    const isEchoed = Number(offsets[0]) % 2 === 0;
    const run = { topicId, epoch, offsets, ...(inline && { events }), ...(isEchoed && { echoes }) };
    if (page)
      return {
        kind: "topic",
        ...run,
        step: page.page,
        ...(page.cursor !== undefined && { cursor: page.cursor }),
      };
    const consumers = people.map(({ domainName, stage, connectionId, data: bare, at, nonce: own, end }) => ({
      consumer: { domainName, stage, connectionId },
      format: bare ? ("data" as const) : ("event" as const),
      subscribedAt: at,
      from: offsets[at % offsets.length] ?? 0,
      ...(at % 3 === 0 && { abandonments: { inRow: at % 4, inAll: at % 20, lastAtMs: at } }),
      ...(at % 2 === 0 && { latest: true as const }),
      ...(own !== undefined && { nonce: own }),
      ...(end !== undefined && { expiresAtSeconds: end }),
    }));
    return { kind: "part", ...run, unit: "000001/04fzyo82mvy", attempt, consumers };
  });

/** Sorts the consumers, because encoding groups them by endpoint. */
const sorted = (message: FanoutMessage): FanoutMessage => {
  if (message.kind === "topic") return message;
  const text = (value: unknown): string => JSON.stringify(value);
  return { ...message, consumers: message.consumers.toSorted((a, b) => (text(a) < text(b) ? -1 : 1)) };
};

describe("encodeFanoutMessage", () => {
  it("encodes a message that decodeFanoutMessage decodes to the same message", () => {
    const property = fc.property(messages, (message) => {
      const decoded = decodeFanoutMessage(encodeFanoutMessage(message));
      expect(decoded.ok && sorted(decoded.message)).toEqual(sorted(message));
    });
    fc.assert(property, { numRuns: numberOfRuns(500) });
  });

  it("writes no character that SQS rejects", () => {
    const property = fc.property(messages, (message) => {
      expect(encodeFanoutMessage(message)).toMatch(/^[\u0020-\ud7ff\ue000-\ufffd]*$/);
    });
    fc.assert(property, { numRuns: numberOfRuns(500) });
  });

  it("keeps a part of 1,000 consumers within one SQS request, and within two with its events", () => {
    const consumers = Array.from({ length: 1_000 }, (_, n) => ({
      consumer: consumerOf(`L0SM9cOFvHcCIhw${n}=`),
      format: "data" as const,
      subscribedAt: 1_700_000_000_000,
      from: 1,
    }));
    const bytesWith = (json: string): number => {
      const inline = inlineEvents([storedEvent(1, { json })], consumers);
      const run = { topicId: "t", epoch: "0m1c2d3e4", offsets: [1], ...inline };
      return encodeFanoutMessage({ kind: "part", ...run, unit: "000001/a", attempt: 2, consumers }).length;
    };
    expect(bytesWith('"x"')).toBeLessThan(65_536);
    expect(bytesWith(JSON.stringify("x".repeat(64_000)))).toBeGreaterThan(65_536);
    expect(bytesWith(JSON.stringify("x".repeat(64_000)))).toBeLessThan(131_072);
    expect(bytesWith(JSON.stringify("x".repeat(80_000)))).toBeLessThan(65_536);
  });

  it("names the connections that only want the newest event in a list beside them, and has none without them", () => {
    const { domainName, stage } = consumerOf("a");
    const pending = (connectionId: string): PendingConsumer => ({
      consumer: consumerOf(connectionId),
      format: "event",
      subscribedAt: 1,
      from: 1,
    });
    const connections = ["a", "b"].map((each) => [each, "event", 1, 1]);
    const [a, b] = [pending("a"), { ...pending("b"), latest: true as const }];
    const bodyOf = (consumers: readonly PendingConsumer[]): { endpoints: unknown } =>
      JSON.parse(
        encodeFanoutMessage({
          kind: "part",
          topicId: "t",
          epoch: nextEpoch(0, undefined),
          offsets: [1],
          unit: "000001/04fzyo82mvy",
          attempt: 1,
          consumers,
        }),
      ) as { endpoints: unknown };
    expect(bodyOf([a, b]).endpoints).toEqual([{ domainName, stage, connections, latest: [1] }]);
    expect(bodyOf([a, pending("b")]).endpoints).toEqual([{ domainName, stage, connections }]);
    for (const invalid of [true, "1", [-1], [1.5], ["1"]]) {
      const endpoints = [{ domainName, stage, connections, latest: invalid }];
      const decoded = decodeFanoutMessage(JSON.stringify({ ...bodyOf([a, b]), endpoints }));
      expect(decoded).toEqual({ ok: false, problem: expect.stringContaining("latest must be") });
    }
  });

  it("keeps nonces apart from the connections, so that workers of the version before them understand the message", () => {
    const consumers = ["1-2-3-4", undefined, "5-6-7-8"].map((own, n) => ({
      consumer: consumerOf(`c${n}`),
      format: "event" as const,
      subscribedAt: 0,
      from: 1,
      ...(own !== undefined && { nonce: own }),
    }));
    const named = { topicId: "t", epoch: "0m1c2d3e4", offsets: [1], unit: "000001/a", attempt: 1 };
    const bodyOf = (some: PendingConsumer[]): { endpoints: object[] } =>
      JSON.parse(encodeFanoutMessage({ kind: "part", ...named, consumers: some })) as { endpoints: object[] };
    const { domainName, stage } = consumerOf("");
    const connections = [0, 1, 2].map((n) => [`c${n}`, "event", 0, 1]);
    const nonces = ["1-2-3-4", "", "5-6-7-8"];
    expect(bodyOf(consumers).endpoints).toEqual([{ domainName, stage, connections, nonces }]);
    const without = consumers.map(({ consumer, format, subscribedAt, from }) => {
      return { consumer, format, subscribedAt, from };
    });
    expect(bodyOf(without).endpoints).toEqual([{ domainName, stage, connections }]);
    for (const invalid of [
      ["1-2-3-4"],
      [...nonces, ""],
      ["1-2-3-4", "", "x"],
      ["1-2-3-4", "", 5],
      "",
      null,
      {},
    ]) {
      const decoded = decodeFanoutMessage(
        JSON.stringify({
          ...bodyOf(consumers),
          endpoints: [{ domainName, stage, connections, nonces: invalid }],
        }),
      );
      expect(decoded).toEqual({ ok: false, problem: expect.stringMatching(/^nonces must /) });
      expect(decoded.ok || decoded.problem).not.toContain("1-2-3-4");
    }
  });

  it("leaves out hops of 0, so that a publish sends what earlier releases send", () => {
    const message = { kind: "topic" as const, topicId: "t", epoch: "0m1c2d3e4", offsets: [1], step: 1 };
    expect(encodeFanoutMessage({ ...message, hops: 0 })).toBe(encodeFanoutMessage(message));
    const decoded = decodeFanoutMessage(
      JSON.stringify({ ...JSON.parse(encodeFanoutMessage(message)), hops: 0 }),
    );
    expect(decoded).toEqual({ ok: true, message });
    expect(JSON.parse(encodeFanoutMessage(message))).toEqual({
      v: 1,
      ...message,
      kind: "page",
      step: undefined,
      page: 1,
    });
  });
});

describe("inlineEvents", () => {
  it("returns all events if the message stays within two SQS requests, and none of them otherwise", () => {
    const event = storedEvent(1, { json: JSON.stringify("x".repeat(64_000)) });
    expect(inlineEvents([event, event])).toEqual({ events: [event, event] });
    expect(inlineEvents([event, event, event])).toEqual({});
    const consumer = { consumer: consumerOf("a"), format: "event" as const, subscribedAt: 0, from: 1 };
    expect(inlineEvents([event, event], Array<PendingConsumer>(1_000).fill(consumer))).toEqual({});
    const [one] = [storedEvent(1, { json: JSON.stringify("x".repeat(60_000)) })];
    expect(inlineEvents([one], Array<PendingConsumer>(1_000).fill(consumer))).toEqual({ events: [one] });
    const nonce = "1-2-3-4".repeat(3);
    expect(inlineEvents([one], Array<PendingConsumer>(1_000).fill({ ...consumer, nonce }))).toEqual({});
    expect(inlineEvents([storedEvent(1, { json: JSON.stringify("ü".repeat(65_000)) })])).toEqual({});
  });

  it("counts 100 bytes and the publication id for each event, in addition to its data", () => {
    const some = (json: number): ReturnType<typeof storedEvent>[] =>
      Array.from({ length: 32 }, (_, n) =>
        storedEvent(n + 1, { publicationId: "p".repeat(400), json: "1".repeat(json) }),
      );
    // 32 times 4,032 bytes and 2,048 bytes for the rest of the message are 128 KB
    expect(inlineEvents(some(3_532))).toEqual({ events: some(3_532) });
    expect(inlineEvents(some(3_533))).toEqual({});
  });
});

describe("decodeFanoutMessage", () => {
  it("returns a problem for any text that is not a message, and never throws", () => {
    const anything = fc.oneof(
      fc.string(),
      fc.string({ unit: "binary" }),
      fc.json(),
      fc.jsonValue().map((v) => JSON.stringify(v)),
    );
    const property = fc.property(anything, (body) => {
      expect(decodeFanoutMessage(body)).toMatchObject({ ok: false, problem: expect.stringMatching(/./) });
    });
    fc.assert(property, { numRuns: numberOfRuns(300) });
  });

  it("returns a message or a problem, and never throws, if one field of a message holds any value", () => {
    const fields = [
      "v",
      "kind",
      "topicId",
      "epoch",
      "offsets",
      "events",
      "page",
      "cursor",
      "unit",
      "attempt",
      "endpoints",
      "hops",
      "echoes",
    ];
    const property = fc.property(
      messages,
      fc.constantFrom(...fields),
      fc.jsonValue(),
      (message, field, value) => {
        const body = { ...(JSON.parse(encodeFanoutMessage(message)) as object), [field]: value };
        const decoded = decodeFanoutMessage(JSON.stringify(body));
        if (decoded.ok) expect(decodeFanoutMessage(encodeFanoutMessage(decoded.message))).toEqual(decoded);
        else expect(decoded.problem).toMatch(/must be|must not/);
      },
    );
    fc.assert(property, { numRuns: numberOfRuns(1_000) });
  });

  const page = { v: 1, kind: "page", topicId: "t", epoch: "0m1c2d3e4", offsets: [1, 2], page: 1 };
  const endpoints = [{ domainName: "d", stage: "s", connections: [["c=", "data", 0, 1]] }];
  const redelivery = { ...page, kind: "redelivery", unit: "000001/0", attempt: 2, endpoints };
  const withEvent = (changes: object): object => {
    return { ...page, offsets: [1], events: [{ ...storedEvent(1), ...changes }] };
  };
  const connection = (...fields: unknown[]): object => ({
    ...redelivery,
    endpoints: [{ ...endpoints[0], connections: [fields] }],
  });
  it.each<[unknown, string]>([
    ["hello", "the message must be an object"],
    [{ ...page, v: 2 }, "v must be 1; got 2"],
    [{ ...page, kind: "pages" }, 'kind must be "page" or "redelivery"'],
    [{ ...page, topicId: "" }, "topicId must be 1 to 512 bytes"],
    [{ ...page, epoch: "now#" }, "epoch must be 9 characters of base 36"],
    [{ ...page, offsets: [] }, "offsets must be ascending, at least one"],
    [{ ...page, offsets: [2, 1] }, "offsets must be ascending, at least one"],
    [{ ...page, offsets: [1, 1] }, "offsets must be ascending, at least one"],
    [{ ...page, offsets: [0] }, "an offset must be a whole number from 1"],
    [
      { ...page, offsets: Array.from({ length: 41 }, (_, n) => n + 1) },
      "offsets must be an array of at most 40",
    ],
    [{ ...page, page: 0 }, "page must be a whole number from 1"],
    [{ ...page, page: 1.5 }, "page must be a whole number from 1; got 1.5"],
    [{ ...page, page: "1" }, 'page must be a whole number from 1; got "1"'],
    [{ ...page, page: 2 ** 53 }, "page must be a whole number from 1; got 9007199254740992"],
    [{ ...page, cursor: "x", page: 0 }, "page must be a whole number from 1"],
    [null, "the message must be an object; got null"],
    [[], "the message must be an object; got an array of 0"],
    [{ ...page, cursor: 5 }, "cursor must be a string"],
    [{ ...page, cursor: "" }, "cursor must be a string of 1 to 2048 bytes"],
    [{ ...page, cursor: "é".repeat(1_025) }, "cursor must be a string of 1 to 2048 bytes"],
    [
      { ...page, cursor: "shards#[2,3,[]]" },
      "cursor must be a string of 1 to 2048 bytes, or a place in several shards",
    ],
    [{ ...page, events: [storedEvent(1)] }, "events must be the events at the message's offsets, in order"],
    [
      { ...page, events: [storedEvent(2), storedEvent(1)] },
      "events must be the events at the message's offsets",
    ],
    [
      { ...page, events: [storedEvent(1), storedEvent(3)] },
      "events must be the events at the message's offsets",
    ],
    [{ ...page, events: {} }, "events must be an array of at most 40"],
    [{ ...page, events: [null] }, "an event must be an object; got null"],
    [withEvent({ publicationId: 5 }), "publicationId must be a string; got 5"],
    [withEvent({ json: 5 }), "json must be JSON text; got a value of"],
    [withEvent({ verbatim: "yes" }), 'verbatim must be true or false; got "yes"'],
    [withEvent({ publishedAt: -1 }), "publishedAt must be a whole number from 0; got -1"],
    [withEvent({ offset: 0 }), "offset must be a whole number from 1; got 0"],
    [{ ...page, offsets: [1], events: [storedEvent(1, { json: "{" })] }, "json must be JSON text"],
    [
      { ...page, offsets: [1], events: [storedEvent(1, { json: "5", verbatim: true })] },
      "json must be JSON text",
    ],
    [{ ...page, echoes: {} }, "echoes must be an array of at most 40"],
    [{ ...page, echoes: [[3, "d", "s", "c="]] }, "the offset of an echo must be one of the offsets; got 3"],
    [{ ...page, echoes: [[1, "d/e", "s", "c="]] }, "domainName must be without /"],
    [{ ...page, echoes: [[1, "d", "s"]] }, "connectionId must be a string; got undefined"],
    [{ ...page, echoes: [[1, "d", "s", "c=", 5]] }, "an echo must be an array of at most 4"],
    [{ ...redelivery, unit: "page 1" }, "unit must be a unit of the ledger"],
    [{ ...redelivery, unit: `000001${"/0".repeat(65)}` }, "unit must be a unit of the ledger"],
    [{ ...redelivery, attempt: 0 }, "attempt must be a whole number from 1"],
    [{ ...redelivery, unit: 1 }, "unit must be a unit of the ledger; got 1"],
    [{ ...redelivery, endpoints: [] }, "endpoints must be at least one connection"],
    [
      { ...redelivery, endpoints: [{ ...endpoints[0], abandoned: 1 }] },
      "abandoned must be an array of at most",
    ],
    [
      { ...redelivery, endpoints: [{ ...endpoints[0], abandoned: [[0, 1, 1, -5]] }] },
      "a part of an abandoned entry must be a whole number from 0",
    ],
    [
      { ...redelivery, endpoints: [{ ...endpoints[0], abandoned: [[0, 1, 1]] }] },
      "a part of an abandoned entry must be a whole number from 0; got undefined",
    ],
    [
      { ...redelivery, endpoints: [{ ...endpoints[0], abandoned: [[]] }] },
      "a part of an abandoned entry must be a whole number from 0; got undefined",
    ],
    [{ ...redelivery, endpoints: [{ ...endpoints[0], domainName: "a/b" }] }, "domainName must be without /"],
    [{ ...redelivery, endpoints: [{ ...endpoints[0], stage: "a/b" }] }, "stage must be without /"],
    [{ ...redelivery, endpoints: {} }, "endpoints must be an array of at most 10000"],
    [{ ...redelivery, endpoints: ["d/s"] }, "an endpoint must be an object"],
    [
      { ...redelivery, endpoints: [{ ...endpoints[0], domainName: "" }] },
      "domainName must be 1 to 512 bytes",
    ],
    [{ ...redelivery, endpoints: [{ ...endpoints[0], stage: 1 }] }, "stage must be a string; got 1"],
    [{ ...redelivery, endpoints: [{ ...endpoints[0], connections: {} }] }, "connections must be an array"],
    [connection("c=", "xml", 0, 1), 'format must be "data" or "event"'],
    [connection("c=", "data", 0, 3), "from must be one of the offsets"],
    [connection("c=", "data", 0, 0), "from must be a whole number from 1"],
    [connection("c=", "data", -1, 1), "subscribedAt must be a whole number from 0"],
    [connection("", "data", 0, 1), "connectionId must be 1 to 512 bytes"],
    [connection("c=", "data", 0, 1, 5), "a connection must be an array of at most 4"],
  ])("rejects %j and says why", (body, problem) => {
    const decoded = decodeFanoutMessage(JSON.stringify(body));
    expect(decoded.ok ? "" : decoded.problem).toContain(problem);
  });

  // The problem gets into the log and into the attributes of the dead letter
  it("does not quote the data of an event in the problem", () => {
    const events = [storedEvent(1, { json: "{secret" })];
    const decoded = decodeFanoutMessage(JSON.stringify({ ...page, offsets: [1], events }));
    expect(decoded).toEqual({ ok: false, problem: "json must be JSON text; got a value of type string" });
  });

  it("accepts the page and the redelivery that the invalid messages above derive from", () => {
    expect(decodeFanoutMessage(JSON.stringify(page))).toMatchObject({ ok: true });
    expect(decodeFanoutMessage(JSON.stringify(redelivery))).toMatchObject({ ok: true });
  });
});
