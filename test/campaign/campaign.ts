/** Runs one case after the other: enter a phase, harm a process, release the phase, wait until everything works again, and check. */
import { setTimeout as delay } from 'node:timers/promises';
import { Installation, type Target } from './installation.ts';
import { enterPhase, type Phase, requestSync, type Subjects } from './phases.ts';
import { Publisher } from './publisher.ts';
import { Reader } from './reader.ts';
import { Upstream } from './upstream.ts';

type Harm = 'kill' | 'freeze';

export interface Case {
  readonly target: Target;
  readonly phase: Phase;
  readonly harm: Harm;
}

export interface CaseResult extends Case {
  /** Milliseconds: the longest time without a successful read, and from the harm to a publish and to a new sync. */
  readonly readsMs: number;
  readonly publishesMs: number;
  readonly syncsMs: number;
  readonly violations: readonly string[];
}

const FREEZE_MS = 5_000;
const RECOVERY_DEADLINE_MS = 180_000;

export class Campaign {
  readonly #subjects: Subjects;
  readonly #reader: Reader;
  #launches = 1;

  private constructor(subjects: Subjects, reader: Reader) {
    this.#subjects = subjects;
    this.#reader = reader;
  }

  /** Starts `serve` in the folder, with an upstream and a reader, and waits until everything works. */
  static async start(folder: string): Promise<Campaign> {
    const upstream = await Upstream.start();
    const installation = await Installation.create(folder, {
      sources: [
        { name: 'published', managed: {} },
        { name: 'upstream', format: 'upstream', file: { url: upstream.url }, syncPolicy: { interval: '1h' } },
      ],
      registries: [
        { name: 'synced', sources: ['upstream'] },
        { name: 'default', sources: ['published', 'upstream'] },
      ],
      auth: { mode: 'anonymous' },
    });
    await installation.start();
    const reader = new Reader(`${installation.url}/registry/synced/v0.1/servers?limit=100`);
    const campaign = new Campaign({ installation, upstream, publisher: new Publisher(installation) }, reader);
    await campaign.#recover(Date.now());
    return campaign;
  }

  async run(oneCase: Case): Promise<CaseResult> {
    const { target, phase, harm } = oneCase;
    const { installation, upstream } = this.#subjects;
    installation.note(`${harm} ${target} during ${phase}`);
    const violations: string[] = [];
    upstream.change();
    const release = await enterPhase(phase, this.#subjects);
    this.#reader.takeLongestGap();
    const processId = await installation.waitForProcess(target);
    const harmedAt = Date.now();
    process.kill(processId, harm === 'kill' ? 'SIGKILL' : 'SIGSTOP');
    if (harm === 'freeze') {
      await delay(FREEZE_MS);
      process.kill(processId, 'SIGCONT');
    }
    if (harm === 'kill' && target === 'parent') await installation.exited;
    const released = release();
    const recovery = await this.#recover(harmedAt).catch((error: unknown) => {
      violations.push(`no recovery: ${String(error)}`);
      return { publishesMs: Number.NaN, syncsMs: Number.NaN };
    });
    await released.catch((error: unknown) => violations.push(`no recovery: ${String(error)}`));
    violations.push(...(await this.#check(oneCase)));
    return { ...oneCase, ...recovery, readsMs: this.#reader.takeLongestGap(), violations };
  }

  async stop(): Promise<void> {
    await this.#reader.stop();
    await this.#subjects.installation.stop();
    this.#subjects.upstream.stop();
  }

  /** Waits until a publish succeeds and the newest entries of the upstream are read. Measured from the harm. */
  async #recover(since: number): Promise<Pick<CaseResult, 'publishesMs' | 'syncsMs'>> {
    const deadline = Date.now() + RECOVERY_DEADLINE_MS;
    const [publishesMs, syncsMs] = await Promise.all([
      this.#untilPublished(deadline).then(() => Date.now() - since),
      this.#untilSynced(deadline).then(() => Date.now() - since),
    ]);
    return { publishesMs, syncsMs };
  }

  /** Restarts `serve` if it has ended, which can happen during its start, as a service manager would. */
  async #untilPublished(deadline: number): Promise<void> {
    const { installation, publisher } = this.#subjects;
    await installation.start();
    await publisher.publish(publisher.newName(), deadline);
  }

  async #untilSynced(deadline: number): Promise<void> {
    const { installation, upstream } = this.#subjects;
    const wanted = upstream.change();
    await installation.start();
    while (this.#reader.state !== wanted) {
      if (Date.now() > deadline) throw new Error(`"${wanted}" is not served, but "${this.#reader.state}"`);
      await requestSync(installation).catch(() => undefined);
      for (let waited = 0; waited < 1_000 && this.#reader.state !== wanted; waited += 20) await delay(20);
    }
  }

  async #check({ target, phase, harm }: Case): Promise<string[]> {
    const { installation, publisher } = this.#subjects;
    const violations = [...this.#reader.takeViolations(), ...(await publisher.findViolations())];
    const mayEnd = phase === 'start' || (target === 'parent' && harm === 'kill');
    if (!mayEnd && installation.launches > this.#launches) violations.push('serve ended, and had to be started again');
    this.#launches = installation.launches;
    return [...violations, ...(await this.#findOpenSyncs())];
  }

  /** The record of an interrupted sync is closed by the process that takes over. */
  async #findOpenSyncs(): Promise<string[]> {
    const { installation } = this.#subjects;
    for (let attempt = 0; attempt < 60; attempt++) {
      const open = await installation.query<{ number: number }>('select number from sync_run where outcome is null');
      if (open.length === 0) return [];
      await delay(500);
    }
    return ['the record of a sync stays open'];
  }
}
