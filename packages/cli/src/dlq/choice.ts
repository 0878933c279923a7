/** Which letters a command is about. */
export interface Choice {
  topic?: string;
  code?: string;
  max?: number;
}
