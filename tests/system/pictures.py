"""Pictures of the web face for the README: ``python -m tests.system.pictures ADDRESS``.

They are taken of a sandbox that runs, from what ``make run`` has put into its database by then.
"""

from __future__ import annotations

from pathlib import Path

import click
from playwright.sync_api import sync_playwright

from tests.system import debian

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "docs" / "pictures"
PAGES = {"now": "/?refresh=off", "figures": "/figures?days=91#charts-title"}


@click.command()
@click.argument("address")
def main(address: str) -> None:
    """Take the pictures of the web face at ADDRESS, as `make run` prints it."""
    password = (ROOT / "var" / "web.password").read_text("utf-8").strip()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=debian.PACKAGES["chromium"], chromium_sandbox=False
        )
        page = browser.new_page(
            viewport={"width": 1280, "height": 900},
            locale="en",
            color_scheme="light",
            reduced_motion="reduce",
        )
        page.goto(address)
        page.locator("#name").fill("operator")
        page.locator("input[type=password]").fill(password)
        page.keyboard.press("Enter")
        page.wait_for_selector("nav")
        for name, path in PAGES.items():
            page.goto(address + path)
            page.screenshot(path=FOLDER / f"{name}.png")
            click.echo(FOLDER / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    main()
