/** Programs that not every machine has. Tests that need one are skipped without it, and say why. */
import { isExecutable } from '../../embedded/programs.ts';

export type Program = { readonly path: string } | { readonly missing: string };

/** Looks in the folders of administrators too, which aren't on every user's path. */
export async function findProgram(name: string, remedy: string): Promise<Program> {
  const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/usr/local/sbin'];
  for (const folder of folders.filter((one) => one !== '')) {
    const path = `${folder}/${name}`;
    if (await isExecutable(path)) return { path };
  }
  return { missing: `${name} is not installed: install ${remedy}` };
}

/** For titles of tests that need programs: the reason if they are skipped. */
export function whySkipped(...programs: readonly Program[]): string {
  const reasons = programs.flatMap((program) => ('missing' in program ? [program.missing] : []));
  return reasons.length === 0 ? '' : ` (skipped: ${reasons.join('; ')})`;
}
