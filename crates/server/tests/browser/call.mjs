// One call's picture: its audio plays, a click goes to a place, the keyboard moves, and the truth can be told.
import { accessible, check, picture, run, upload } from './drive.mjs';

const { id } = await upload('voicemail-personal-beep.wav', 'a-call');

await run(async (open) => {
  const page = await open(`/calls/${id}`);
  await page.locator('h1', { hasText: 'a-call' }).waitFor();
  const verdict = page.getByRole('region', { name: 'Verdict' });
  check((await verdict.innerText()).includes('Voicemail'), 'the verdict is not shown');
  for (const flag of ['Greeting', 'Beep', 'Voicemail', 'Ready']) {
    check(await page.locator('.flag', { hasText: flag }).first().isVisible(), `no flag says ${flag}`);
  }

  const place = () => page.locator('audio').evaluate((audio) => audio.currentTime);
  await page.getByRole('button', { name: 'Play' }).click();
  await page.waitForFunction(() => document.querySelector('audio').currentTime > 0.5);
  const cursor = await page.locator('.cursor').evaluate((element) => Number.parseFloat(element.style.left));
  check(cursor > 0, 'the cursor does not move with the sound');
  await page.getByRole('button', { name: 'Pause' }).click();

  const slider = page.getByRole('slider', { name: 'Place in the call' });
  const box = await slider.boundingBox();
  await page.mouse.click(box.x + box.width / 2, box.y + box.height - 5);
  const length = await page.locator('audio').evaluate((audio) => audio.duration);
  check(Math.abs((await place()) - length / 2) < 0.3, `a click in the middle went to ${await place()} of ${length} s`);

  await slider.focus();
  const from = await place();
  await page.keyboard.press('ArrowRight');
  await page.waitForFunction((before) => document.querySelector('audio').currentTime > before + 0.2, from);
  await page.locator('h1').click();
  await page.keyboard.press('Space');
  await page.getByRole('button', { name: 'Pause' }).waitFor();
  await page.keyboard.press('Space');
  await page.getByRole('button', { name: 'Play' }).waitFor();

  await picture(page, 'dashboard-call');
  let again = 0;
  page.on('request', (request) => request.resourceType() === 'fetch' && request.url().endsWith('/audio') && again++);
  await page.getByRole('button', { name: 'Voicemail', exact: true }).last().click();
  await page.getByText('said by a person').waitFor();
  await accessible(page, 'call');
  check(again === 0, 'an answer fetches the audio again');
});
