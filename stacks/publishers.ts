import { PubsubFunction, type PubsubFunctionArgs } from "./function.ts";
import type { Messaging } from "./messaging.ts";
import {
  answerPermissions,
  callerPermissions,
  type Permission,
  producingPermissions,
} from "./permissions.ts";
import type { Storage } from "./storage.ts";

export type Publishers = { Publish?: PubsubFunction; HttpPublish?: PubsubFunction };

export type PublishersArgs = Storage &
  Pick<Messaging, "fanoutQueue"> & { api: sst.aws.ApiGatewayWebSocket } & Pick<
    PubsubFunctionArgs,
    "environment" | "settings"
  >;

/** The key of the route, which `$request.body.action` selects. */
const ROUTE = "PUBLISH";

/**
 * Creates the functions by which others than back ends publish: one for clients' messages, on a route of its own, and one
 * with a URL. Each has a role of its own, so that what reads can't write. Without the settings it creates nothing.
 */
export function Publishers({ table, fanoutQueue, api, ...common }: PublishersArgs): Publishers {
  const { clientPublish, httpPublish } = common.settings;
  const producing = producingPermissions({ table, fanoutQueue, api, settings: common.settings });
  const publishers: Publishers = {};
  if (clientPublish) {
    const permissions = [...producing, ...answerPermissions({ table, api })];
    publishers.Publish = publisher("Publish", {
      ...common,
      handler: "functions/publish.handler",
      permissions,
    });
    api.route(ROUTE, publishers.Publish.fn.arn);
  }
  if (httpPublish !== "off") {
    publishers.HttpPublish = publisher("HttpPublish", {
      ...common,
      handler: "functions/http-publish.handler",
      permissions: [...producing, ...callerPermissions({ table })],
      url: { authorization: httpPublish === "iam" ? "iam" : "none" },
    });
  }
  return publishers;
}

function publisher(
  name: keyof Publishers,
  args: Pick<PubsubFunctionArgs, "handler" | "environment" | "settings" | "url"> & {
    permissions: Permission[];
  },
): PubsubFunction {
  const { publish, tracing } = args.settings;
  return PubsubFunction(name, { ...args, ...publish, traced: tracing });
}
