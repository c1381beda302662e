// Drives the dashboard in a real browser: what every scenario needs.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { chromium } from 'playwright-core';
import { violations } from './axe.mjs';

/** What Chromium is started with: no sandbox in containers, no talk with anybody. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The browser: the one that `CHROMIUM` names, or the system's. */
const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome'].map((name) => `/usr/bin/${name}`);
const browserPath = process.env.CHROMIUM ?? BROWSERS.find(existsSync);

/** The service under test. */
export const service = process.argv[2];

/** Fails the scenario unless it holds. */
export function check(holds, what) {
  if (!holds) throw new Error(what);
}

/**
 * Opens a browser, runs the scenario, and fails if a page told an error, broke the content security policy or asked
 * anybody but the service.
 */
export async function run(scenario, { flags = [], expected = [] } = {}) {
  const browser = await chromium.launch({
    executablePath: browserPath,
    headless: true,
    args: [...FLAGS, ...flags],
  });
  const told = [];
  const open = async (path, { width = 1200, height = 800, dark = false } = {}) => {
    const context = await browser.newContext({
      viewport: { width, height },
      colorScheme: dark ? 'dark' : 'light',
      reducedMotion: 'reduce',
    });
    context.setDefaultTimeout(120_000); // Machines that test many things at once are slow.
    const page = await context.newPage();
    page.on('console', (message) => message.type() === 'error' && told.push(`${path}: ${message.text()}`));
    page.on('pageerror', (error) => told.push(`${path}: ${error.message}`));
    page.on('request', (request) => {
      if (!request.url().startsWith(service)) told.push(`${path}: asked ${request.url()}`);
    });
    await page.goto(service + path);
    return page;
  };
  try {
    await scenario(open);
  } finally {
    await browser.close();
  }
  const wrong = told.filter((text) => !expected.some((pattern) => pattern.test(text)));
  check(wrong.length === 0, `the pages told errors:\n${wrong.join('\n')}`);
}

/** Takes a picture for the guide, when `OFFHOOK_PICTURES` names a folder for them. */
export async function picture(page, name) {
  const folder = process.env.OFFHOOK_PICTURES;
  if (folder) await page.screenshot({ path: `${folder}/${name}.png` });
}

/** Sends a recording of the corpus; its record. */
export async function upload(file, callId) {
  const form = new FormData();
  form.set('audio_file', new Blob([await readFile(new URL(`../../../../corpus/${file}`, import.meta.url))]), file);
  form.set('call_id', callId);
  const answer = await fetch(`${service}/v1/detect`, { method: 'POST', body: form });
  check(answer.ok, `${file}: ${answer.status} ${await answer.clone().text()}`);
  return answer.json();
}

/** Fails if assistive technology would stumble over the page in a serious way. */
export async function accessible(page, where) {
  const serious = (await violations(page)).filter(({ impact }) => impact === 'serious' || impact === 'critical');
  const text = serious.flatMap(({ id, help, nodes }) => [
    `${id}: ${help}`,
    ...nodes.map((node) => `  ${node.html}\n  ${node.failureSummary}`),
  ]);
  check(serious.length === 0, `${where} is not accessible:\n${text.join('\n')}`);
}

/** Fails if the page has to be moved sideways. */
export async function fits(page, where) {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  check(over <= 0, `${where} is ${over} px wider than the screen`);
}
