/** What is checked. */
export interface Target {
  kind: "local" | "aws";
  url: string;
  table: string;
  queue: string;
  managementEndpoint?: string;
  deadLetterQueue?: string;
  fanoutFunction?: string;
  connectTopic?: string;
}
