// A service that needs identities asks for a key, takes the right one and forgets it at the end.
import { accessible, check, run } from './drive.mjs';

const key = process.argv[3];

await run(
  async (open) => {
    for (const dark of [false, true]) {
      const page = await open('/calls', { dark });
      await page.getByRole('heading', { name: 'Sign in' }).waitFor();
      await accessible(page, 'sign in');
    }
    const page = await open('/settings');
    const field = page.getByLabel('API key');
    await field.fill(`${key.slice(0, -4)}0000`);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').waitFor();

    await field.fill(key);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'API keys' }).waitFor();
    const kept = await page.evaluate(() => document.cookie + JSON.stringify(localStorage) + JSON.stringify(sessionStorage));
    check(!kept.includes(key), 'the page keeps the key');

    // A key is made, shown once, and revoked.
    await page.getByLabel('Name').fill('made in a browser');
    await page.getByRole('button', { name: 'Create a key' }).click();
    const made = await page.locator('.secret code').innerText();
    check(made.startsWith('ohk_'), `the key shown is ${made}`);
    const ask = () => fetch(`${process.argv[2]}/v1/me`, { headers: { 'x-api-key': made } });
    check((await ask()).ok, 'the key that was made does not open');
    await page.getByRole('button', { name: 'Done' }).click();
    check((await page.locator('.secret').count()) === 0, 'the key is still shown');
    await page.getByRole('button', { name: 'Revoke made in a browser' }).click();
    await page.getByRole('button', { name: 'Revoke for good' }).click();
    await page.getByText(/^revoked/).first().waitFor();
    check((await ask()).status === 401, 'the revoked key still opens');

    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  },
  { expected: [/401/] },
);
