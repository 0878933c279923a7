import {
  type Context,
  context,
  type Link,
  ROOT_CONTEXT,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import { isPubsubError } from "../core/errors.ts";
import { isTraceparent, type SpanStart, type Tracing } from "../core/tracing.ts";

const NAME = "lambda-websocket-pubsub";

/**
 * Spans through OpenTelemetry's API. Without an SDK in the process, the API records nothing, nothing is carried on events, and
 * this costs some calls of empty functions. Attributes follow the conventions for messaging where there is one:
 * https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/
 */
export function openTelemetryTracing(tracer: Tracer = trace.getTracer(NAME)): Tracing {
  return {
    begin(start) {
      const span = tracer.startSpan(start.name, optionsOf(start), parentOf(start));
      return {
        traceparent: traceparentOf(span.spanContext()),
        end(attributes = {}, error) {
          span.setAttributes(attributes);
          if (error !== undefined) {
            // Without its message, which may quote what was published
            const kind = isPubsubError(error)
              ? error.code
              : error instanceof Error
                ? error.name
                : typeof error;
            span.setAttribute("error.type", kind);
            span.setStatus({ code: SpanStatusCode.ERROR, message: kind });
          }
          span.end();
        },
      };
    },
  };
}

const KINDS: Record<SpanStart["name"], SpanKind> = {
  publish: SpanKind.PRODUCER,
  dispatch: SpanKind.CONSUMER,
  deliver: SpanKind.CONSUMER,
};

function optionsOf({ name, attributes, causes = [] }: SpanStart) {
  const links = causes.length > 1 ? causes.flatMap(linkTo) : [];
  const type = name === "publish" ? "send" : "process";
  const common = {
    "messaging.system": NAME,
    "messaging.operation.name": name,
    "messaging.operation.type": type,
  };
  return { kind: KINDS[name], attributes: { ...common, ...attributes }, links };
}

/** The only cause, or what the caller's own code is in. */
function parentOf({ causes = [] }: SpanStart): Context {
  const [only, ...others] = causes;
  const remote = only === undefined || others.length > 0 ? undefined : spanContextOf(only);
  return remote ? trace.setSpanContext(ROOT_CONTEXT, remote) : context.active();
}

function linkTo(traceparent: string): Link[] {
  const remote = spanContextOf(traceparent);
  return remote ? [{ context: remote }] : [];
}

function spanContextOf(traceparent: string): SpanContext | undefined {
  const [, traceId, spanId, flags] = traceparent.split("-");
  if (!isTraceparent(traceparent) || !traceId || !spanId || !flags) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
}

/** Undefined for the span of an API without an SDK, whose ids are zeros. */
function traceparentOf({ traceId, spanId, traceFlags }: SpanContext): string | undefined {
  const traceparent = `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, "0")}`;
  return isTraceparent(traceparent) ? traceparent : undefined;
}
