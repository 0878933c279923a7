import { Logger } from "@aws-lambda-powertools/logger";
import { Metrics } from "@aws-lambda-powertools/metrics";
import type { Context } from "aws-lambda";
import { type Observe, observeAll } from "../core/pipeline-events.ts";
import type { LogDeliveries } from "./log-deliveries.ts";
import { logObserver } from "./log-observer.ts";
import { METRICS_NAMESPACE } from "./metric-names.ts";
import { metricsObserver } from "./metrics-observer.ts";
import { traceObserver } from "./trace-observer.ts";

/** The logs, metrics and traces of one of our Lambda handlers. Powertools' environment variables set the log level. */
export interface HandlerTelemetry {
  observe: Observe;
  /** Adds the invocation to every log line. */
  begin(context: Context | undefined): void;
  /** Writes the metrics, if it is time. */
  end(): void;
}

export function createHandlerTelemetry(deliveries: LogDeliveries): HandlerTelemetry {
  const logger = new Logger();
  const metrics = createMetrics();
  const { observe, end } = metricsObserver(metrics, { deliveries });
  return {
    observe: observeAll(logObserver(logger, deliveries), observe, ...tracing()),
    begin(context) {
      if (!context) return;
      logger.addContext(context);
      logger.refreshSampleRateCalculation();
      metrics.setFunctionName(context.functionName);
    },
    end,
  };
}

/**
 * Creates the observer for the library in a user's own function. It writes the same log lines and metrics as the
 * handlers. Outside Lambda it writes only warnings and errors, to standard error.
 */
export function producerObserver(deliveries: LogDeliveries, env: NodeJS.ProcessEnv = process.env): Observe {
  if (env.AWS_LAMBDA_FUNCTION_NAME === undefined) {
    return logObserver(new Logger(env.POWERTOOLS_LOG_LEVEL ? {} : { logLevel: "WARN" }), deliveries);
  }
  const { observe: count, end } = metricsObserver(createMetrics(), { deliveries });
  const countNow: Observe = (event) => {
    count(event);
    // The library does not know when the invocation ends
    end();
  };
  return observeAll(logObserver(new Logger(), deliveries), countNow, ...tracing());
}

const createMetrics = (): Metrics => new Metrics({ namespace: METRICS_NAMESPACE });

const tracing = (): Observe[] => (process.env.POWERTOOLS_TRACE_ENABLED === "true" ? [traceObserver()] : []);
