/** What a configuration decides about topic logs. */
export interface LogSettings {
  /** How long the log keeps an event. */
  retentionSeconds: number;
}
