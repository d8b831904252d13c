"""Brief files from asyncio; the event loop stays free: python async_files.py FILE..."""

import asyncio
import sys
from pathlib import Path

from briefing import Briefer


async def main(paths: list[Path]) -> None:
    """Brief the files at once; one model serves all of them."""
    with Briefer() as briefer:
        briefs = await asyncio.gather(*(asyncio.to_thread(briefer.brief, path) for path in paths))
    for path, brief in zip(paths, briefs, strict=True):
        print(f"{path.name}: {brief.headline}")


asyncio.run(main([Path(name) for name in sys.argv[1:]]))
