/** The report preloads this module into each benchmark. The benchmark then ends with the report, even if it crashes. */
process.on("disconnect", () => process.kill(process.pid, "SIGTERM"));
// An open channel would keep a finished benchmark from exiting
process.channel?.unref();
