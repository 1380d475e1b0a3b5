/** Downloading the Temporal command-line tool by the SDK's own means. */
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** About 60 MB: where it takes longer than this the network swallows packets. */
const DOWNLOAD_DEADLINE_MS = 90_000;

/** Downloads the tool to `path`. Two at once are fine. */
export async function downloadTemporal(path: string, onProgress: (message: string) => void): Promise<string> {
  onProgress('Downloading the Temporal dev server (60 MB, once)');
  await mkdir(dirname(path), { recursive: true });
  const folder = await mkdtemp(join(dirname(path), 'download-'));
  try {
    await Promise.race([runSdkDownload(folder), failAfterDeadline()]);
    const [file] = await readdir(folder);
    if (file === undefined) throw new Error('the SDK reported a download, but left no file');
    await rename(join(folder, file), path);
    return path;
  } catch (error) {
    throw new Error(`the download failed: ${rootMessage(error)}`, { cause: error });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The SDK downloads while it starts a server; that server is stopped again at once. */
async function runSdkDownload(downloadDir: string): Promise<void> {
  const { TestWorkflowEnvironment } = await import('@temporalio/testing');
  const environment = await TestWorkflowEnvironment.createLocal({
    server: { executable: { type: 'cached-download', downloadDir } },
  });
  await environment.teardown();
}

async function failAfterDeadline(): Promise<never> {
  await delay(DOWNLOAD_DEADLINE_MS, undefined, { ref: false });
  throw new Error(`nothing came within ${DOWNLOAD_DEADLINE_MS / 1000} s`);
}

/** The SDK strings its causes together with colons; the last one says what happened. */
function rootMessage(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split(': ').slice(-2).join(': ');
}
