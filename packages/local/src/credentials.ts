export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
}

/** These keys are valid for this stack only. DynamoDB Local accepts only letters and digits in the key id. */
export const localCredentials: Credentials = {
  accessKeyId: "PUBSUBLOCAL",
  secretAccessKey: "pubsub-local-secret",
};
