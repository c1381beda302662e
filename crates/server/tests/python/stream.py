"""Plays a file of 8 kHz mu-law to /v1/stream with the package `websockets` and prints every message as a line of JSON."""

import asyncio
import base64
import json
import sys

import websockets


async def main(url, path):
    audio = open(path, "rb").read()
    async with websockets.connect(url) as call:
        await call.send(json.dumps({"type": "start_detection", "call_id": "python", "encoding": "mulaw"}))
        half = len(audio) // 320 * 160
        for at in range(0, half, 160):
            await call.send(audio[at : at + 160])
        for sequence, at in enumerate(range(half, len(audio), 160)):
            data = base64.b64encode(audio[at : at + 160]).decode()
            chunk = {"type": "audio_chunk", "call_id": "python", "sequence": sequence, "data": data}
            chunk |= {"timestamp": at / 8000, "sample_rate": 8000, "channels": 1}
            await call.send(json.dumps(chunk))
        await call.ping()
        await call.send(json.dumps({"type": "stop_detection", "call_id": "python"}))
        async for text in call:
            print(text, flush=True)
            if json.loads(text).get("status") == "ended":
                break


asyncio.run(main(*sys.argv[1:]))
