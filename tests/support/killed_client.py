"""``python killed_client.py ADDRESS IN.npy OUT.npy [once]``: dream a picture on a server, as ``reverie dream`` does.

To be killed at any moment and run again: it does nothing where OUT is there. once: as a job of its own, that nobody
finds again.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from pumping import finish

from reverie.shared.client import Client, RemoteDream
from reverie.shared.picture import Picture, PictureInfo
from reverie.shared.settings import DreamSettings
from reverie.shared.wire.address import Address

SETTINGS = DreamSettings(network="ornament", octaves=2, iterations=4)


def main(address: str, source: str, target: str, how: str = "") -> None:
    if Path(target).exists():
        return
    pixels = np.load(source)
    picture = Picture(PictureInfo(pixels.shape, "f32", "Linear Rec.709", "straight", "top-down"), pixels)
    client = Client(Address.parse(address))
    client.connect()
    dream = RemoteDream({"picture": picture}, SETTINGS, repeatable=how != "once")
    client.add(dream)
    result = finish(client, dream, 400)
    part = Path(target).with_suffix(".part")
    with part.open("wb") as file:
        np.save(file, result.pixels)
    part.replace(target)
    client.release(dream.job)
    client.wait(0.2)
    client.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
