import "sst";

declare module "sst" {
  export interface Resource {
    PubsubTable: { name: string; type: "sst.aws.Dynamo" };
    FanoutQueue: { url: string; type: "sst.aws.Queue" };
    PubsubApi: { url: string; managementEndpoint: string; type: "sst.aws.ApiGatewayWebSocket" };
  }
}
