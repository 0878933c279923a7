/** What logs, metrics and traces of this stage are found under: Powertools' `service`. */
export const serviceName = (): string => `pubsub-${$app.stage}`;
