/** Loaded into each benchmark that the report runs: however the report ends, the benchmark ends too. */
process.on("disconnect", () => process.kill(process.pid, "SIGTERM"));
// Listening alone would keep a benchmark that is done from ending
process.channel?.unref();
