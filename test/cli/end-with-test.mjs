/** Loaded into the processes that tests start: they end when the test process does, even if that is killed. */
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
