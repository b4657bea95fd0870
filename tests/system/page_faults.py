"""What is wrong with a page as a customer meets it. The tab needs JavaScript for the measuring."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

TARGET_PX = 44  # the least width and height of what is clicked
# Elements that reach beyond the window, or whose content is cut off.
_OVERFLOWING = """() => [...document.querySelectorAll('body *')].filter(one => {
  const box = one.getBoundingClientRect(), style = getComputedStyle(one);
  const outside = box.width > 0 && (box.left < -1 || box.right > innerWidth + 1);
  const cut = one.tagName !== 'TEXTAREA' && style.overflowX !== 'visible'
    && one.scrollWidth > one.clientWidth + 1;
  return outside || cut;
}).map(one => one.outerHTML.slice(0, 80))
.concat(document.scrollingElement.scrollWidth > innerWidth ? ['sideways'] : [])"""
_SMALL = """least => [...document.querySelectorAll('a, button, input, textarea')].filter(one => {
  const target = one.closest('label') || one, box = target.getBoundingClientRect();
  return one.type !== 'hidden' && (box.width < least || box.height < least);
}).map(one => one.outerHTML.slice(0, 80))"""
_ZOOM = "size => { document.documentElement.style.fontSize = size; }"


def violations(page: Page, *, except_: tuple[str, ...] = ()) -> str:
    """Return what axe finds against WCAG and good practice; empty if it finds nothing."""
    options = {"rules": {rule: {"enabled": False} for rule in except_}}
    found = Axe().run(page, options=options)
    return found.generate_report() if found.violations_count else ""


def overflowing(page: Page) -> list[str]:
    """Return elements that do not fit into the window or are cut off."""
    found: list[str] = page.evaluate(_OVERFLOWING)
    return found


def small_targets(page: Page) -> list[str]:
    """Return links, buttons and fields that are too small for a thumb."""
    found: list[str] = page.evaluate(_SMALL, TARGET_PX)
    return found


def zoom_text(page: Page, percent: int) -> None:
    """Enlarge the letters, as a browser's setting does."""
    page.evaluate(_ZOOM, f"{percent}%")
