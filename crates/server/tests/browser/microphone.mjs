// What the microphone hears is judged as it comes. Chromium's fake device plays a recording of the corpus.
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { accessible, check, run } from './drive.mjs';

/** One µ-law byte as a 16-bit sample (ITU-T G.711). */
function linear(byte) {
  const code = ~byte & 0xff;
  const size = ((((code & 0x0f) << 3) + 0x84) << ((code >> 4) & 7)) - 0x84;
  return code & 0x80 ? -size : size;
}

/** A µ-law WAV file as one of 16 bits: the fake device plays nothing else. */
function sixteenBits(wav) {
  const from = wav.indexOf('data') + 8;
  const samples = wav.subarray(from, from + wav.readUInt32LE(from - 4));
  const out = Buffer.alloc(44 + 2 * samples.length);
  out.write('RIFF', 0);
  out.writeUInt32LE(36 + 2 * samples.length, 4);
  out.write('WAVEfmt ', 8);
  out.writeUInt32LE(16, 16);
  out.writeUInt16LE(1, 20);
  out.writeUInt16LE(1, 22);
  out.writeUInt32LE(8_000, 24);
  out.writeUInt32LE(16_000, 28);
  out.writeUInt16LE(2, 32);
  out.writeUInt16LE(16, 34);
  out.write('data', 36);
  out.writeUInt32LE(2 * samples.length, 40);
  samples.forEach((byte, i) => out.writeInt16LE(linear(byte), 44 + 2 * i));
  return out;
}

const recording = await readFile(new URL('../../../../corpus/voicemail-prompt-beep.wav', import.meta.url));
const file = join(await mkdtemp(join(tmpdir(), 'offhook-')), 'microphone.wav');
await writeFile(file, sixteenBits(recording));

const flags = [
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
  `--use-file-for-fake-audio-capture=${file}%noloop`,
];
await run(
  async (open) => {
    const page = await open('/microphone');
    await accessible(page, 'microphone');
    await page.getByRole('button', { name: 'Listen' }).click();
    await page.locator('.wave path[d^="M"]').waitFor({ state: 'attached' });
    await page.locator('.part.voice').first().waitFor();
    await page.getByText(/sure · (final|revised)/).waitFor();
    const verdict = await page.getByRole('region', { name: 'Verdict' }).locator('.who').innerText();
    check(verdict.includes('Voicemail'), `the verdict is ${verdict}`);
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByRole('link', { name: 'Open it' }).click();
    await page.getByText('Microphone', { exact: true }).last().waitFor();
    await page.getByRole('button', { name: 'Play' }).waitFor();
  },
  { flags },
);

// Leave that comes after the page was left opens nothing.
await run(
  async (open) => {
    const page = await open('/microphone');
    await page.evaluate(() => {
      const devices = navigator.mediaDevices;
      const ask = devices.getUserMedia.bind(devices);
      devices.getUserMedia = (asked) =>
        new Promise((resolve) => {
          globalThis.give = async () => resolve((globalThis.given = await ask(asked)));
        });
    });
    await page.getByRole('button', { name: 'Listen' }).click();
    await page.getByText('Waiting for the microphone').waitFor();
    await page.getByRole('link', { name: 'Live' }).click();
    await page.getByRole('heading', { name: 'Live', exact: true }).waitFor();
    await page.evaluate(() => globalThis.give());
    await page.waitForFunction(() => globalThis.given.getTracks().every((track) => track.readyState === 'ended'));
  },
  { flags },
);

// Without leave, and without a device, the page says what to do.
await run(async (open) => {
  const page = await open('/microphone');
  await page.evaluate(() => {
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotAllowedError'));
  });
  await page.getByRole('button', { name: 'Listen' }).click();
  await page.getByText('Allow it in the address bar').waitFor();
});
await run(async (open) => {
  const page = await open('/microphone');
  await page.getByRole('button', { name: 'Listen' }).click();
  await page.getByRole('alert').waitFor();
});
