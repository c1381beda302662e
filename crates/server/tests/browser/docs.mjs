// The page of the interface: what it shows for curl is what it sends, and what it cannot read it tells.
import { accessible, check, run } from './drive.mjs';

// Browsers ask for an icon, and the page has none.
const expected = [/404/];

await run(async (open) => {
  const page = await open('/docs#get-v1-calls-id-audio');
  const shown = (id) => page.locator(`#${id}`).getByLabel('The same with curl');
  await page.locator('#get-v1-calls-id-audio').getByLabel('Range').fill('bytes=0-9');
  await page.getByLabel('Key').fill('a secret');
  await page.locator('#get-v1-calls-id-audio').getByLabel('id (needed)').fill('one');
  const audio = await shown('get-v1-calls-id-audio').textContent();
  check(audio.includes("-H 'Range: bytes=0-9'"), `no Range in ${audio}`);
  check(audio.includes("-H 'Authorization: Bearer …'") && !audio.includes('secret'), `the key is told otherwise in ${audio}`);

  await page.locator('#post-v1-keys summary').click();
  const keys = await shown('post-v1-keys').textContent();
  check(keys.match(/content-type/gi)?.length === 1, `not one Content-Type in ${keys}`);
  await accessible(page, 'docs');
}, { expected });

await run(async (open) => {
  const page = await open('/');
  await page.route('**/openapi.json', (route) => route.fulfill({ json: { info: { version: '1' }, tags: [{ name: 'a' }] } }));
  await page.goto(new URL('/docs', page.url()).href);
  await page.getByText('The description cannot be read').waitFor();
}, { expected });
