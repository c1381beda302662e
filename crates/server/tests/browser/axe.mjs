// What is wrong with a page, by axe-core.
import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';

const source = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** The violations of a page. */
export async function violations(page) {
  // Evaluated by the debugger's protocol, which the content security policy of the page does not bind.
  await page.evaluate(source);
  return page.evaluate(async () => (await globalThis.axe.run(document)).violations);
}
