export { startFanoutSettingsApi } from "./fanout-settings-api.ts";
