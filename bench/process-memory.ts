/** What the operating system says about the memory of a process; Linux only. */
import { readFile, writeFile } from 'node:fs/promises';

const MIB_PER_KIB = 1 / 1024;

/**
 * The most memory that the process ever had in RAM, in MiB, since it started or since `forgetPeak`. The kernel keeps
 * it, so no peak between two samples is missed.
 */
export async function peakResidentMiB(processId: number): Promise<number> {
  const status = await readFile(`/proc/${processId}/status`, 'utf8');
  const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(status) ?? [];
  if (kibibytes === undefined) throw new Error(`/proc/${processId}/status has no VmHWM`);
  return Number(kibibytes) * MIB_PER_KIB;
}

/** Begins the measurement of the peak anew, from what the process has now. */
export async function forgetPeak(processId: number): Promise<void> {
  await writeFile(`/proc/${processId}/clear_refs`, '5');
}

/** The processes that a process has started and that still run. */
export async function childProcesses(processId: number): Promise<number[]> {
  const children = await readFile(`/proc/${processId}/task/${processId}/children`, 'utf8');
  return children.split(' ').filter(Boolean).map(Number);
}

/** The words of the command line of a process. */
export async function commandLine(processId: number): Promise<string[]> {
  return (await readFile(`/proc/${processId}/cmdline`, 'utf8')).split('\0').filter(Boolean);
}

/** Seconds of processor time that the process has used, in user mode and in the kernel. */
export async function processorSeconds(processId: number): Promise<number> {
  const statistics = await readFile(`/proc/${processId}/stat`, 'utf8');
  // Fields 14 and 15, counted behind the command's name, which is in parentheses and may hold spaces.
  const fields = statistics.slice(statistics.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
