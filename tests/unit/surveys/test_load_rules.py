"""Rules files and their logos on disk."""

from __future__ import annotations

import base64

import pytest

from schemas.surveys.rules import RulesError
from schemas.surveys.theme import MAX_LOGO_BYTES
from tests.support.surveys import brief
from workers.surveys.jobs import load_rules

PNG = b"\x89PNG\r\n\x1a\n"
THEME = '[theme]\nlogo = "logo.png"\n'


@pytest.fixture
def read(tmp_path):
    """Read the rules file with a logo of so many bytes."""

    def read_file(size):
        (tmp_path / "rules.toml").write_text(brief(tables=THEME))
        (tmp_path / "logo.png").write_bytes(PNG.ljust(size, b"x"))
        return load_rules.read_file(tmp_path / "rules.toml", can_create_errands=True)

    return read_file


def test_a_logo_of_the_largest_size_is_read_whole(read):
    content = base64.b64decode(read(MAX_LOGO_BYTES).theme.logo.partition(",")[2])

    assert content == PNG.ljust(MAX_LOGO_BYTES, b"x")


@pytest.mark.parametrize("more", [1, 1000])
def test_a_logo_that_is_larger_is_refused_and_not_cut(read, more):
    with pytest.raises(RulesError, match="20 KiB"):
        read(MAX_LOGO_BYTES + more)
