/**
 * Makes links pass only values. SST's own links also grant `dynamodb:*`, `sqs:*` and all of @connections. Here only
 * permissions.ts decides what a function may do. This must run before the first function is created.
 */
export function linksGrantNothing(): void {
  sst.Linkable.wrap(sst.aws.Dynamo, (table) => ({ properties: { name: table.name } }));
  sst.Linkable.wrap(sst.aws.Queue, (queue) => ({ properties: { url: queue.url } }));
  sst.Linkable.wrap(sst.aws.ApiGatewayWebSocket, (api) => ({
    properties: { url: api.url, managementEndpoint: api.managementEndpoint },
  }));
}
