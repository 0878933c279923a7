import { Logger } from "@aws-lambda-powertools/logger";
import { Metrics } from "@aws-lambda-powertools/metrics";
import type { Context } from "aws-lambda";
import { type Observe, observeAll } from "../core/pipeline-events.ts";
import { logObserver } from "./log-observer.ts";
import { METRICS_NAMESPACE } from "./metric-names.ts";
import { metricsObserver } from "./metrics-observer.ts";
import { traceObserver } from "./trace-observer.ts";

/** The logs, metrics and traces of one of our Lambda handlers. Powertools' environment variables set the log level. */
export interface HandlerTelemetry {
  observe: Observe;
  /** Adds the invocation to every log line. */
  begin(context: Context | undefined): void;
  /** Publishes the invocation's metrics. */
  end(): void;
}

export function createHandlerTelemetry(): HandlerTelemetry {
  const logger = new Logger();
  const metrics = createMetrics();
  return {
    observe: observeAll(logObserver(logger), metricsObserver(metrics), ...tracing()),
    begin(context) {
      if (!context) return;
      logger.addContext(context);
      logger.refreshSampleRateCalculation();
      metrics.setFunctionName(context.functionName);
    },
    end: () => publish(metrics),
  };
}

/**
 * Creates the observer for the library in a user's own function. It writes the same log lines and metrics as the
 * handlers. Outside Lambda it writes only warnings and errors, to standard error.
 */
export function producerObserver(env: NodeJS.ProcessEnv = process.env): Observe {
  if (env.AWS_LAMBDA_FUNCTION_NAME === undefined) {
    return logObserver(new Logger(env.POWERTOOLS_LOG_LEVEL ? {} : { logLevel: "WARN" }));
  }
  const metrics = createMetrics();
  const count = metricsObserver(metrics);
  const countNow: Observe = (event) => {
    count(event);
    // The library does not know when the invocation ends, so it publishes at once
    publish(metrics);
  };
  return observeAll(logObserver(new Logger()), countNow, ...tracing());
}

const createMetrics = (): Metrics => new Metrics({ namespace: METRICS_NAMESPACE });

const tracing = (): Observe[] => (process.env.POWERTOOLS_TRACE_ENABLED === "true" ? [traceObserver()] : []);

function publish(metrics: Metrics): void {
  if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
}
