/** Gauges of the process: event loop, memory, CPU time, and version. */
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import type { Gauge } from './gauges.ts';
import { addGauges, meter } from './meter.ts';

/** Milliseconds between two samples of the event loop. */
const RESOLUTION_MS = 10;
const NANOSECONDS = 1e9;
const MICROSECONDS = 1e6;
const DELAY = 'delay of the event loop since the previous collection';

const cpuTime = meter.createObservableCounter('process.cpu.time', {
  unit: 's',
  description: 'CPU time of the process since its start',
});
cpuTime.addCallback((result) => {
  const { user, system } = process.cpuUsage();
  result.observe(user / MICROSECONDS, { 'cpu.mode': 'user' });
  result.observe(system / MICROSECONDS, { 'cpu.mode': 'system' });
});

/** Adds the gauges of this process. Returns a function that removes them again. */
export function addProcessGauges({ role, version }: { readonly role: string; readonly version: string }): () => void {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  let utilization = performance.eventLoopUtilization();
  const remove = addGauges(() => {
    const current = performance.eventLoopUtilization();
    const gauges = processGauges({
      role,
      version,
      // The histogram contains the resolution itself. It has no values in the first milliseconds.
      delay: (percentile) =>
        delay.count === 0 ? 0 : Math.max(0, delay.percentile(percentile) / NANOSECONDS - RESOLUTION_MS / 1000),
      utilization: performance.eventLoopUtilization(current, utilization).utilization,
    });
    utilization = current;
    delay.reset();
    return gauges;
  });
  return () => {
    remove();
    delay.disable();
  };
}

function processGauges(now: {
  readonly role: string;
  readonly version: string;
  readonly delay: (percentile: number) => number;
  readonly utilization: number;
}): Gauge[] {
  const heap = getHeapStatistics();
  const one = (gauge: Omit<Gauge, 'points'>, value: number): Gauge => ({ ...gauge, points: [{ value }] });
  return [
    {
      name: 'rollcall.process.info',
      description: 'Always 1; the labels are the role of the process and its version',
      points: [{ value: 1, attributes: { role: now.role, version: now.version } }],
    },
    one({ name: 'process.uptime', description: 'Time since the process started', unit: 's' }, process.uptime()),
    one(
      { name: 'process.memory.usage', description: 'Resident memory of the process', unit: 'By' },
      process.memoryUsage.rss(),
    ),
    one({ name: 'v8js.memory.heap.used', description: 'Heap in use', unit: 'By' }, heap.used_heap_size),
    one({ name: 'v8js.memory.heap.limit', description: 'Maximum size of the heap', unit: 'By' }, heap.heap_size_limit),
    one({ name: 'nodejs.eventloop.delay.p50', description: `Median ${DELAY}`, unit: 's' }, now.delay(50)),
    one(
      { name: 'nodejs.eventloop.delay.p99', description: `99th percentile of the ${DELAY}`, unit: 's' },
      now.delay(99),
    ),
    one({ name: 'nodejs.eventloop.delay.max', description: `Longest ${DELAY}`, unit: 's' }, now.delay(100)),
    one(
      {
        name: 'nodejs.eventloop.utilization',
        description: 'Share of time that the event loop was busy since the previous collection',
        unit: '1',
      },
      now.utilization,
    ),
  ];
}
