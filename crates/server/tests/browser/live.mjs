// The demo call arrives on the live page, and its verdict comes; the same call can be watched while it goes on.
import { accessible, check, picture, run, service, upload } from './drive.mjs';

// Calls of before, of many kinds.
const BEFORE = ['silence', 'fax-ced', 'ivr-menu', 'human-business', 'voicemail-prompt', 'human-short', 'voicemail-personal-beep'];
let over;
for (const name of BEFORE) over = await upload(`${name}.wav`, name);

await run(async (open) => {
  const page = await open('/');
  await page.getByRole('button', { name: 'Play the demo call' }).click();

  const going = page.locator('ul.running a').first();
  const name = await going.locator('.name').innerText();
  const watched = await open(await going.getAttribute('href'));
  await watched.locator('.wave path[d^="M"]').waitFor({ state: 'attached' });
  await watched.getByRole('region', { name: 'Verdict' }).locator('.who').waitFor();
  await picture(page, 'dashboard-live');

  const row = page.locator('tbody tr', { hasText: name });
  await row.waitFor();
  check((await row.locator('.call').innerText()).includes('Demo'), 'the call is not told to be the demo call');
  const verdict = await row.locator('.who').first().innerText();
  check(verdict.trim() !== '' && !verdict.includes('?'), `the verdict is ${verdict}`);
  check(/\d %/.test(await row.locator('.sure').innerText()), 'the row does not say how sure the verdict is');
  await page.waitForFunction(() => document.querySelector('[aria-live=polite]')?.textContent?.includes('%'));
  await accessible(page, 'live');

  // The page that watched it shows the finished call.
  await watched.getByRole('button', { name: 'Play' }).waitFor();
});

// A call that was over before its news was heard is asked for again.
await run(async (open) => {
  const page = await open('/');
  await page.route('**/v1/calls/live', (route) => route.fulfill({ json: { calls: [over] } }), { times: 1 });
  await page.goto(`${service}/calls/${over.id}`);
  await page.getByRole('button', { name: 'Play' }).waitFor();
});

// A call whose end is told before its audio is kept is asked for until it is.
await run(async (open) => {
  const page = await open('/');
  await page.route('**/v1/calls/live', (route) => route.fulfill({ json: { calls: [over] } }), { times: 2 });
  const end = `event: ended\ndata: ${JSON.stringify({ ...over, audio_kept: true })}\n\n`;
  await page.route('**/v1/events?call=*', (route) => route.fulfill({ contentType: 'text/event-stream', body: end }));
  await page.route(
    `**/v1/calls/${over.id}`,
    async (route) => {
      const answer = await route.fetch();
      await route.fulfill({ json: { ...(await answer.json()), audio_kept: false } });
    },
    { times: 1 },
  );
  await page.goto(`${service}/calls/${over.id}`);
  await page.getByRole('button', { name: 'Play' }).waitFor();
});

// Where the service refuses to tell news, it is asked again.
await run(
  async (open) => {
    const page = await open('/');
    await page.route('**/v1/events', (route) => route.fulfill({ status: 503 }), { times: 1 });
    await page.reload();
    const silent = page.getByText('The service is not heard');
    await silent.waitFor();
    await silent.waitFor({ state: 'detached' });
  },
  { expected: [/503/] },
);
