// Every page, light and dark, wide and on a phone: no error, nothing serious for assistive technology, no way sideways.
import { accessible, check, fits, run, upload } from './drive.mjs';

const { id } = await upload('voicemail-personal-beep-noisy.wav', 'a-call-with-a-rather-long-name-that-somebody-gave-it');
await upload('human-business.wav', 'another-call');
const PAGES = ['/', '/calls', `/calls/${id}`, '/statistics', '/review', '/microphone', '/settings', '/calls/none'];

await run(
  async (open) => {
    for (const path of PAGES) {
      for (const [width, dark] of [
        [1200, false],
        [320, true],
      ]) {
        const page = await open(path, { width, height: 700, dark });
        await page.locator('h1').first().waitFor();
        await page.waitForLoadState('load');
        await page.getByText('Loading').waitFor({ state: 'detached' });
        await accessible(page, `${path} at ${width} px, ${dark ? 'dark' : 'light'}`);
        await fits(page, `${path} at ${width} px`);
        await page.context().close();
      }
    }

    // The link to all calls takes the filters away.
    const filtered = await open('/calls?answered_by=fax');
    await filtered.getByText('No call fits.').waitFor();
    await filtered.getByRole('link', { name: 'Calls' }).click();
    await filtered.locator('tbody tr', { hasText: 'another-call' }).waitFor();
    check((await filtered.getByLabel('Answered by').inputValue()) === '', 'the filter stays');

    // The colours can be turned by hand, and stay so.
    const page = await open('/');
    await page.getByRole('button', { name: 'Colours' }).click();
    await page.getByRole('button', { name: 'Colours: light' }).click();
    await page.reload();
    await page.getByRole('button', { name: 'Colours: dark' }).waitFor();
    await accessible(page, 'live, turned dark');

    // The first press of Tab offers the way past the links; Enter opens what is focused.
    await page.keyboard.press('Tab');
    await page.getByRole('link', { name: 'Skip to the page' }).press('Enter');
    await page.getByRole('link', { name: 'Calls' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Calls', exact: true }).waitFor();
  },
  // A call that is not there is a 404, which browsers tell.
  { expected: [/\/calls\/none: .*404/] },
);
