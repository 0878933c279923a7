export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
}

/** Opens nothing but this stack; DynamoDB Local only takes letters and digits in the key id. */
export const localCredentials: Credentials = {
  accessKeyId: "PUBSUBLOCAL",
  secretAccessKey: "pubsub-local-secret",
};
