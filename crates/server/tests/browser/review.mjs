// Calls are reviewed by keys; the measured figures grow with each answer; an answer can be taken back.
import { accessible, check, picture, run, upload } from './drive.mjs';

const calls = ['human-short.wav', 'human-late.wav', 'voicemail-prompt-beep.wav'];
for (const [i, file] of calls.entries()) await upload(file, `review-${i}`);
const KEYS = { human: 'h', voicemail: 'v' };

await run(async (open) => {
  const page = await open('/review');
  const reviewed = async () => Number(await page.locator('[data-reviewed]').getAttribute('data-reviewed'));
  const heading = page.locator('h2', { hasText: 'Listen' });
  await heading.waitFor();
  await page.locator('[data-reviewed]').waitFor();
  const before = await reviewed();
  check(await page.getByText('none reviewed yet').count() === 3, 'there are figures before anybody reviewed');
  await accessible(page, 'review');
  check(await page.locator('.scale span').count() > 3, 'the picture has hardly any times');
  const slider = page.getByRole('slider', { name: 'Place in the call' });
  await slider.press('End');
  await page.waitForFunction(() => document.querySelector('.seek').ariaValueNow !== '0');
  check(!(await slider.getAttribute('aria-valuetext')).includes('machine'), 'what was found is told before it is asked for');

  const name = () => page.locator('a.mono').innerText();
  const first = await name();
  const truth = (call) => KEYS[calls[Number(call.at(-1))].split('-')[0]];
  await page.keyboard.press(truth(first));
  await page.waitForFunction((n) => Number(document.querySelector('[data-reviewed]').dataset.reviewed) === n, before + 1);
  await page.waitForFunction((call) => document.querySelector('a.mono')?.textContent !== call, first);

  // Back, and another answer: it replaces the first.
  await page.keyboard.press('z');
  await page.waitForFunction((call) => document.querySelector('a.mono')?.textContent === call, first);
  await page.keyboard.press('i');
  await page.waitForFunction((call) => document.querySelector('a.mono')?.textContent !== call, first);
  check((await reviewed()) === before + 1, 'an answer that was replaced counts twice');
  await page.getByText('told:').first().waitFor();

  await picture(page, 'dashboard-review');

  // Skipped, then answered.
  const second = await name();
  await page.keyboard.press('u');
  await page.waitForFunction((call) => document.querySelector('a.mono')?.textContent !== call, second);
  const third = await name();
  await page.keyboard.press(truth(third));
  await page.getByText('Nothing left to review').waitFor();
  check((await reviewed()) === before + 2, `${await reviewed()} reviewed, not ${before + 2}`);
  check(/95 % interval/.test(await page.locator('aside').innerText()), 'no interval is shown');
});
