/** What tracing requires of its adapter. The core names no tracing system. */
export interface Tracing {
  /** Begins a span. MUST NOT throw. */
  begin(span: SpanStart): Span;
}

export interface SpanStart {
  /** One of a few names: topics are attributes, because their number is unlimited. */
  name: "publish" | "dispatch" | "deliver";
  attributes: SpanAttributes;
  /**
   * The `traceparent` of each publication that the work is for. One is the span's parent. Several are its links, because a
   * span has one parent.
   */
  causes?: readonly string[];
}

export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

export interface Span {
  /** What an event and its messages carry, so that later spans find this one. Absent if nothing is recorded. */
  readonly traceparent?: string | undefined;
  /** MUST be called once. With an error, the span failed. MUST NOT throw. */
  end(attributes?: SpanAttributes, error?: unknown): void;
}

const NO_SPAN: Span = { end() {} };

export const NO_TRACING: Tracing = { begin: () => NO_SPAN };

/** Version 00, lower case, and neither id of zeros only: https://www.w3.org/TR/trace-context/#traceparent-header */
const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

export const isTraceparent = (value: unknown): value is string =>
  typeof value === "string" && TRACEPARENT.test(value);

/** Returns the field of an event or a row, if there is a valid one. An invalid one is left out: it only concerns tracing. */
export const traceField = (value: unknown): { traceparent?: string } =>
  isTraceparent(value) ? { traceparent: value } : {};

/** Does work within a span, which ends with it. */
export async function traced<Result>(
  tracing: Tracing = NO_TRACING,
  start: SpanStart,
  work: () => Promise<Result>,
  attributesOf: (result: Result) => SpanAttributes = () => ({}),
): Promise<Result> {
  const span = tracing.begin(start);
  try {
    const result = await work();
    span.end(attributesOf(result));
    return result;
  } catch (error) {
    span.end({}, error);
    throw error;
  }
}

/** The causes of a run's span. */
export const causesOf = (events: readonly { traceparent?: string | undefined }[]): readonly string[] => [
  ...new Set(events.flatMap(({ traceparent }) => traceparent ?? [])),
];
