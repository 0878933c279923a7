/**
 * Makes links carry values only. SST's own grant `dynamodb:*`, `sqs:*` and all of @connections along; here what a
 * function may do is said in permissions.ts alone. Must run before the first function is made.
 */
export function linksGrantNothing(): void {
  sst.Linkable.wrap(sst.aws.Dynamo, (table) => ({ properties: { name: table.name } }));
  sst.Linkable.wrap(sst.aws.Queue, (queue) => ({ properties: { url: queue.url } }));
  sst.Linkable.wrap(sst.aws.ApiGatewayWebSocket, (api) => ({
    properties: { url: api.url, managementEndpoint: api.managementEndpoint },
  }));
}
