export { type FunctionUrl, type FunctionUrlAuthType, startFunctionUrl } from "./start-function-url.ts";
